"""
Checks of the arguments that every store shares.

Each check returns the value in the form that stores use, or raises
InvalidValue or InvalidType naming the field and the limit. No message repeats
more than 80 characters of what was given.
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import lru_cache

from eventstreaming.events.limits import limits
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.types import JSON, Duration, ExpectedVersion, VersionRule

MAX_BIGINT = 2**63 - 1
_NAME = re.compile(r"[A-Za-z0-9_:/][A-Za-z0-9._:/-]*")
_NAME_RULE = "letters, digits and ._:/- with no leading '.', '-' or '$'"


def excerpt(value: object) -> str:
    """Return at most 80 escaped characters of `value`, for an error message."""
    try:
        text = ascii(value)
    except Exception:  # an int beyond sys.get_int_max_str_digits(), a bad __repr__
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 80 else f"{text[:77]}..."


def stream_name(value: object, field: str = "stream_name") -> str:
    """Check the name of a stream or queue, or what follows the same rule."""
    maximum = limits().name_length
    if type(value) is str and len(value) <= maximum and is_name(value):
        return value
    if not isinstance(value, str):
        raise InvalidType(field, f"must be a str, not {type(value).__name__}")
    if not value or len(value) > maximum:
        raise InvalidValue(
            field,
            f"must have 1 to {maximum} characters, not {len(value)}",
            limit=maximum,
        )
    if not is_name(plain(value)):
        raise InvalidValue(
            field, f"{excerpt(value)} is refused: use {_NAME_RULE}", limit=_NAME_RULE
        )
    return plain(value)


def category(value: object) -> str:
    """Check a category: a stream name without `-`."""
    name = stream_name(value, "category")
    if "-" in name:
        raise InvalidValue(
            "category", f"{excerpt(name)} has a '-'; a category has none"
        )
    return name


def category_of(name: str) -> str:
    """Return the part of a stream name before its first `-`."""
    return name.partition("-")[0]


def type_name(value: object, field: str = "type") -> str:
    """Check the name of an event type."""
    return stream_name(value, field)


def text(value: object, field: str) -> str | None:
    """Check an optional short text: a key, a correlation id."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidType(field, f"must be a str, not {type(value).__name__}")
    maximum = limits().text_length
    if not value or len(value) > maximum:
        raise InvalidValue(
            field,
            f"must have 1 to {maximum} characters, not {len(value)}",
            limit=maximum,
        )
    return plain(storable(value, field))


def plain(value: str) -> str:
    """Return a str of a subclass as str itself; str() asks the subclass."""
    return str.__str__(value)


def storable(value: str, field: str) -> str:
    """Refuse the two things that PostgreSQL cannot keep in a text."""
    if "\x00" in value:
        raise InvalidValue(field, "holds a NUL character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidValue(field, "holds a lone surrogate") from None
    return value


def integer(
    value: object, field: str, minimum: int = 0, maximum: int = MAX_BIGINT
) -> int:
    """Check a whole number; bool is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidType(field, f"must be an int, not {type(value).__name__}")
    if not minimum <= value <= maximum:
        raise InvalidValue(
            field,
            f"must be between {minimum} and {maximum}, not {excerpt_number(value)}",
            limit=maximum if value > maximum else minimum,
        )
    return int(value)


def excerpt_number(value: int) -> str:
    """Return a number for an error message, however long it is."""
    return str(value) if abs(value) < 10**40 else "a number beyond 10^40"


def optional_integer(
    value: object, field: str, minimum: int = 0, maximum: int = MAX_BIGINT
) -> int | None:
    """Check a whole number, or None."""
    return None if value is None else integer(value, field, minimum, maximum)


def flag(value: object, field: str) -> bool:
    """Check a bool."""
    if not isinstance(value, bool):
        raise InvalidType(field, f"must be a bool, not {type(value).__name__}")
    return value


def seconds(
    value: Duration, field: str, maximum: float, *, minimum: float = 0.0
) -> float:
    """Check a duration, given in seconds or as a timedelta."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidType(
            field, f"must be seconds or a timedelta, not {type(value).__name__}"
        )
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not minimum <= number <= maximum:  # false for NaN, too
        raise InvalidValue(
            field,
            f"must be between {minimum:g} and {maximum:g} seconds, not {number:g}",
            limit=maximum if number > maximum else minimum,
        )
    return number


def optional_delay(value: Duration | None, field: str = "delay") -> float | None:
    """Check a delay, or None."""
    return None if value is None else seconds(value, field, limits().delay)


def visibility_timeout(value: Duration, field: str = "visibility_timeout") -> float:
    """Check a visibility timeout; zero would lease nothing."""
    return seconds(value, field, limits().visibility_timeout, minimum=0.001)


def expected_version(value: object) -> ExpectedVersion:
    """Check an expected version: an offset, NO_STREAM or a rule."""
    if isinstance(value, VersionRule):
        return value
    return integer(value, "expected_version", minimum=-1, maximum=MAX_BIGINT - 1)


def message_id(value: object) -> int:
    """Check a message id and return it as stores keep it."""
    if not isinstance(value, str):
        raise InvalidType("message_id", f"must be a str, not {type(value).__name__}")
    if not (value.isascii() and value.isdigit()) or value[0] == "0" or len(value) > 19:
        raise InvalidValue("message_id", f"{excerpt(value)} is not a message id")
    return integer(int(value), "message_id", 1)


def message_ids(value: object) -> list[int]:
    """Check a collection of message ids."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise InvalidType(
            "ids", f"must be a collection of message ids, not {type(value).__name__}"
        )
    return [message_id(item) for item in value]


def receipt(value: object, number: int) -> int | None:
    """Check the receipt of message `number` and return its token; None stays None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidType("receipt", f"must be a str, not {type(value).__name__}")
    owner, separator, token = value.partition(":")
    if not (separator and owner.isdecimal() and token.isdecimal() and value.isascii()):
        raise InvalidValue("receipt", f"{excerpt(value)} is not a receipt")
    if owner != str(number):
        raise InvalidValue("receipt", "belongs to another message")
    if len(token) > 19:
        raise InvalidValue("receipt", f"{excerpt(value)} is not a receipt")
    return integer(int(token), "receipt")


def required_receipt(value: object, number: int) -> int:
    """Check the receipt of message `number`; it may not be None."""
    token = receipt(value, number)
    if token is None:
        raise InvalidType("receipt", "must be a str, not NoneType")
    return token


def receipt_of(number: int, token: int) -> str:
    """Return the receipt that `receipt()` reads."""
    return f"{number}:{token}"


def type_names(value: object) -> list[str] | None:
    """Check an optional collection of event type names."""
    if value is None:
        return None
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
        raise InvalidType(
            "event_types", f"must be a collection of names, not {type(value).__name__}"
        )
    names = [type_name(name, "event_types") for name in value]
    if not names:
        raise InvalidValue("event_types", "is empty; leave it out to read all types")
    return names


def mapping(value: object, field: str) -> Mapping[str, JSON]:
    """Check an optional JSON object."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidType(field, f"must be a dict, not {type(value).__name__}")
    return value


@lru_cache(maxsize=4096)  # asked for each event and message
def is_name(value: str) -> bool:
    """Say whether a str that is not too long is the name of a stream. It is kept."""
    return _NAME.fullmatch(value) is not None
