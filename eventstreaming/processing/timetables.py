"""When a schedule is due: a cron expression in a time zone, or an interval."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.types import Duration

try:
    import cronsim
except ImportError:  # an extra: intervals do without
    cronsim = None  # type: ignore[assignment]

LONGEST_INTERVAL = 366 * 86_400  # seconds
LONGEST_EXPRESSION = 255
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SOME_DAY = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timetable:
    """
    The moments, in UTC, at which something is due.

    With `every`, these are the multiples of so many seconds since 1970 in UTC,
    whoever asks and whenever a process has started. With `cron`, they are what
    Debian's cron does in the time zone: of a job at a fixed time, a clock that is
    put forward over it lets it run at the end of the gap, one that is put back
    runs it once, the first time. A job whose minute or hour begins with `*` goes
    by the real time: what lies in the gap is left out, what lies in the double
    hour runs twice.
    """

    cron: str
    every: int | None
    timezone: str

    @classmethod
    def of(
        cls,
        *,
        cron: str | None = None,
        every: Duration | None = None,
        timezone: str | None = None,
    ) -> Self:
        """
        Check what was declared; the time zone defaults to the project's.

        Raise InvalidValue or InvalidType naming the field.
        """
        if (cron is None) == (every is None):
            raise InvalidValue("cron", "name either cron or every, and not both")
        zone = settings.TIME_ZONE or "UTC" if timezone is None else timezone
        checked = cls(
            cron="" if cron is None else _expression(cron),
            every=None if every is None else _interval(every),
            timezone=_zone_name(zone),
        )
        if checked.cron:
            checked._refuse_what_never_comes()
        return checked

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time after a moment; None if there is none."""
        return next(self._times(moment), None)

    def last(self, since: datetime, until: datetime, count: int) -> list[datetime]:
        """
        Return the newest `count` times after `since`, up to `until` included.

        The cost grows with `count`, not with the time between them.
        """
        span = timedelta(hours=1)
        while True:
            begin = max(since, until - span)
            found: deque[datetime] = deque(maxlen=count)
            for time in self._times(begin):
                if time > until:
                    break
                found.append(time)
            if len(found) == count or begin == since:
                return list(found)
            span *= 4

    def __str__(self) -> str:
        if self.every is not None:
            return f"every {timedelta(seconds=self.every)}"
        return f"{self.cron} ({self.timezone})"

    def _times(self, moment: datetime) -> Iterator[datetime]:
        """Iterate over the times after a moment, in order."""
        moment = moment.astimezone(UTC)
        if self.every is not None:
            step = timedelta(seconds=self.every)
            time = EPOCH + ((moment - EPOCH) // step + 1) * step
            while True:
                yield time
                time += step
        # In the second pass of a double hour, a job of its first pass is over.
        for local in _simulation(self.cron, moment.astimezone(ZoneInfo(self.timezone))):
            time = local.astimezone(UTC)
            if time > moment:
                moment = time
                yield time

    def _refuse_what_never_comes(self) -> None:
        if self.after(SOME_DAY) is None:
            raise InvalidValue("cron", f"{arguments.excerpt(self.cron)} never comes")


def _simulation(expression: str, start: datetime) -> Iterator[datetime]:
    if cronsim is None:
        raise InvalidValue(
            "cron",
            'needs the package cronsim: pip install "django-eventstreaming[cron]"',
        )
    try:
        return cronsim.CronSim(expression, start)
    except cronsim.CronSimError as error:
        problem = str(error).replace("Bad", "bad").replace("Wrong", "wrong")
        raise InvalidValue(
            "cron",
            f"{arguments.excerpt(expression)} is refused: {problem}; an example of "
            "five fields, minute to day of the week, is '30 2 * * MON-FRI'",
        ) from error


def _expression(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidType("cron", f"must be a str, not {type(value).__name__}")
    text = " ".join(value.split())
    if len(text) > LONGEST_EXPRESSION:
        raise InvalidValue(
            "cron",
            f"must have at most {LONGEST_EXPRESSION} characters, not {len(text)}",
            limit=LONGEST_EXPRESSION,
        )
    _simulation(text, SOME_DAY)
    return text


def _interval(value: Duration) -> int:
    seconds = arguments.seconds(value, "every", LONGEST_INTERVAL, minimum=1)
    if seconds != int(seconds):
        raise InvalidValue("every", f"must be whole seconds, not {seconds}")
    return int(seconds)


def _zone_name(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidType("timezone", f"must be a str, not {type(value).__name__}")
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidValue(
            "timezone",
            f"{arguments.excerpt(value)} is no time zone; one is 'Europe/Zurich'",
        ) from error
