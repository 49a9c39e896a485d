"""Times of rows, aware whatever USE_TZ says."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connections


def aware(value: datetime, database: str) -> datetime:
    """Return a time that was read; without USE_TZ the driver gives local ones."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=ZoneInfo(connections[database].timezone_name))
    return value.astimezone(UTC)


def stored(value: datetime, database: str) -> datetime:
    """Return an aware time as the database takes it; SQLite refuses one here."""
    connection = connections[database]
    if settings.USE_TZ or connection.vendor != "sqlite":
        return value
    local = value.astimezone(ZoneInfo(connection.timezone_name))
    return local.replace(tzinfo=None)
