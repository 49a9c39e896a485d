"""Durations on a command line: 90s, 15m, 12h, 7d, 2w."""

import re
from argparse import ArgumentTypeError
from datetime import timedelta

_FORM = re.compile(r"(\d{1,9})([smhdw])")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def duration(text: str) -> timedelta:
    """Read a duration; a type for argparse."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(
            f"{text[:80]!r} is no duration; write 90s, 15m, 12h, 7d or 2w"
        )
    return int(found[1]) * _UNITS[found[2]]
