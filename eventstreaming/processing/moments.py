"""Times of rows, aware whatever USE_TZ says."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import connections


def aware(value: datetime, database: str) -> datetime:
    """Return a time that was read; without USE_TZ the driver gives local ones."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=ZoneInfo(connections[database].timezone_name))
    return value.astimezone(UTC)
