"""
Handing events that were stored before to a function, once more.

A replay only reads. It moves no checkpoint and stops no worker; it does not try
a failing event again, and it gives the function no transaction: what that writes
commits as it does anywhere else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eventstreaming import clock
from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.operations.pacing import Pace
from eventstreaming.operations.times import aware_time
from eventstreaming.processing.calls import EventCaller
from eventstreaming.processing.source_places import bounds_of, place_at, read_source
from eventstreaming.processing.sources import Source
from eventstreaming.types import StoredEvent

MIN_RATE, MAX_RATE = 0.001, 1_000_000.0  # events per second


@dataclass(slots=True, kw_only=True)
class ReplayProgress:
    """
    How far a replay has come.

    Places are offsets in a stream and positions elsewhere, both ends inclusive;
    `place` is None before the first event. Where places have gaps, or types are
    left out, `fraction` and `remaining` are estimates.
    """

    first: int
    last: int
    place: int | None = None
    events: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Return the events per second so far."""
        return self.events / self.seconds if self.seconds else 0.0

    @property
    def fraction(self) -> float:
        """Return the part that is done, from 0 to 1."""
        if self.last < self.first:
            return 1.0
        if self.place is None:
            return 0.0
        return (self.place - self.first + 1) / (self.last - self.first + 1)

    @property
    def remaining(self) -> float | None:
        """Return the seconds that are left at this speed; None is not known."""
        if not self.fraction:
            return None
        return self.seconds * (1.0 - self.fraction) / self.fraction


def replay(
    source: str,
    handler: Callable[[StoredEvent], Any],
    *,
    start: int | None = None,
    end: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    event_types: Iterable[str] | None = None,
    limit: int | None = None,
    rate: float | None = None,
    progress: Callable[[ReplayProgress], None] | None = None,
    store: str = DEFAULT_ALIAS,
) -> ReplayProgress:
    """
    Call a function, sync or async, for the events of a source, in order.

    `source` is a stream, a category (`order-*`) or `*`. `start` and `end` are
    places, both inclusive: offsets in a stream, positions elsewhere. `since` is
    an inclusive time, `until` an exclusive one. What is appended after the call
    has begun is left out. `limit` counts events of the wanted `event_types`, and
    `rate` bounds the events per second. `progress` is called after each event,
    with one object that changes. What the function writes carries the story on
    as in a subscription. Its exception ends the replay, with a note of the event.
    Raise EventsTruncated when `start` is no longer kept.
    """
    parsed = Source.parse(source)
    start = arguments.optional_integer(start, "start")
    end = arguments.optional_integer(end, "end")
    since, until = aware_time(since, "since"), aware_time(until, "until")
    types = arguments.type_names(event_types)
    limit = arguments.optional_integer(limit, "limit")
    pace = Pace(_checked_rate(rate))
    if not callable(handler):
        raise InvalidType("handler", "must be a function that takes one argument")
    kept = event_stores[store]
    first, last = bounds_of(kept, parsed)
    if since is not None:
        start = max(start or 0, place_at(kept, parsed, since))
    if until is not None:
        last = min(last, place_at(kept, parsed, until) - 1)
    if end is not None:
        last = min(last, end)
    done = ReplayProgress(first=first if start is None else start, last=last)
    call = EventCaller(handler, None)
    began = clock.monotonic()
    if start is not None and start > last:
        return done
    for event in read_source(kept, parsed, start, limit=limit, event_types=types):
        if parsed.place(event) > last:
            break
        if not _lies_between(event, since, until):
            continue
        pace.wait()
        try:
            call(event)
        except BaseException as error:
            error.add_note(f"The replay of {source!r} stopped at {event!r}.")
            raise
        done.place = parsed.place(event)
        done.events += 1
        done.seconds = clock.monotonic() - began
        if progress is not None:
            progress(done)
    done.seconds = clock.monotonic() - began
    return done


def _lies_between(
    event: StoredEvent, since: datetime | None, until: datetime | None
) -> bool:
    if since is not None and event.timestamp < since:
        return False
    return until is None or event.timestamp < until


def _checked_rate(rate: object) -> float | None:
    if rate is None:
        return None
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise InvalidType("rate", f"must be a number, not {type(rate).__name__}")
    if not MIN_RATE <= rate <= MAX_RATE:  # false for NaN, too
        raise InvalidValue(
            "rate",
            f"must be between {MIN_RATE:g} and {MAX_RATE:g} events per second",
            limit=MAX_RATE if rate > MAX_RATE else MIN_RATE,
        )
    return float(rate)
