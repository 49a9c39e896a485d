"""
Names that settings are for: one stream, streams that begin alike, or all.

    "email-eu"    this one
    "email-*"     all that begin with "email-"
    "*"           all

A pattern ends with a separator and `*`, so the patterns that can match a name
are few: a store finds them by key, whatever is configured.
"""

from functools import lru_cache

from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidValue

ALL = "*"
SEPARATORS = "-:./"


def name_or_pattern(value: object, field: str = "name") -> str:
    """Check the name of a stream or queue, or a pattern of names."""
    if not isinstance(value, str) or "*" not in value:
        return arguments.stream_name(value, field)
    beginning = value[:-1]
    if beginning:
        if not value.endswith("*") or beginning[-1] not in SEPARATORS:
            raise InvalidValue(
                field,
                f"{arguments.excerpt(value)} is no pattern: a '*' ends it, behind "
                "one of - : . /, or stands alone",
            )
        arguments.stream_name(beginning, field)
    return arguments.plain(value)


def is_pattern(name: str) -> bool:
    """Say whether a checked name stands for more than one."""
    return name.endswith("*")


@lru_cache(maxsize=4096)
def matching(name: str) -> tuple[str, ...]:
    """
    Return what settings for `name` may be stored under, the closest first.

    That is the name itself, the patterns from the longest on, and `*` last.
    """
    ends = (index for index in range(len(name), 0, -1) if name[index - 1] in SEPARATORS)
    return (name, *(f"{name[:end]}*" for end in ends), ALL)
