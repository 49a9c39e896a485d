"""Times that a caller gives."""

from datetime import datetime

from eventstreaming.exceptions import InvalidType, InvalidValue


def aware_time(value: object, field: str) -> datetime | None:
    """Check an optional time; without a time zone it would be a guess."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise InvalidType(field, f"must be a datetime, not {type(value).__name__}")
    if value.tzinfo is None:
        raise InvalidValue(field, "has no time zone")
    return value
