"""The hours of the day in which a task may run, in UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Self

from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidType, InvalidValue

_FORM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """From `start` up to `end`, which is not in it; it may go past midnight."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read `HH:MM-HH:MM`. Raise InvalidValue for anything else."""
        if not isinstance(text, str):
            raise InvalidType("window", f"must be a str, not {type(text).__name__}")
        match = _FORM.fullmatch(text)
        if match is None:
            raise InvalidValue(
                "window", f"{arguments.excerpt(text)} is not HH:MM-HH:MM in UTC"
            )
        hours = [int(part) for part in match.groups()]
        window = cls(time(hours[0], hours[1]), time(hours[2], hours[3]))
        if window.start == window.end:
            raise InvalidValue("window", "is empty; leave it out for the whole day")
        return window

    def is_open(self, now: datetime) -> bool:
        """Say whether a time lies in it."""
        at = now.astimezone(UTC).time()
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end
