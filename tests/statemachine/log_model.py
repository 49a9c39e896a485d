"""What a log is: lists of events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from eventstreaming.exceptions import (
    EventsTruncated,
    StreamDeleted,
    WrongExpectedVersion,
)
from eventstreaming.types import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    ExpectedVersion,
    StoredEvent,
)


@dataclass(slots=True)
class ModelEvent:
    """`position` is known when the store has chosen it."""

    stream: str
    offset: int
    type: str
    number: int
    key: str | None
    position: int = 0

    def describe(self) -> tuple[object, ...]:
        """Return what must be equal in the store."""
        return (
            self.stream,
            self.offset,
            self.position,
            self.type,
            self.number,
            self.key,
        )


def described(event: StoredEvent) -> tuple[object, ...]:
    """Return the same of a stored event."""
    return (
        event.stream_name,
        event.offset,
        event.position,
        event.event_type,
        event.data["number"],
        event.key,
    )


@dataclass(slots=True, frozen=True)
class NewEvents:
    """One append: pairs of type and number."""

    stream: str
    events: Sequence[tuple[str, int]]
    expected: ExpectedVersion = ANY_VERSION
    key: str | None = None


@dataclass(slots=True)
class LogModel:
    """`streams` has the created ones, `events` is the order of all."""

    streams: dict[str, list[ModelEvent]] = field(default_factory=dict)
    events: list[ModelEvent] = field(default_factory=list)
    first: dict[str, int] = field(default_factory=dict)  # kept offset, if truncated
    deleted: set[str] = field(default_factory=set)
    # By stream and idempotency key: what the first call has written.
    once: dict[tuple[str, str], list[ModelEvent]] = field(default_factory=dict)

    def append(self, appends: Sequence[NewEvents]) -> list[list[ModelEvent]]:
        """Append all or none, in the order of the names."""
        lasts = {name: self.last(name) for name in self.streams}
        for item in sorted(appends, key=lambda item: item.stream):
            if not item.events:
                continue
            if item.stream in self.deleted:
                raise StreamDeleted(item.stream)
            last = lasts.get(item.stream, NO_STREAM)
            if not fits(item.expected, last):
                raise WrongExpectedVersion(item.stream, item.expected, last)
            lasts[item.stream] = last + len(item.events)
        results: dict[int, list[ModelEvent]] = {}
        for index in sorted(range(len(appends)), key=lambda i: appends[i].stream):
            results[index] = self._write(appends[index])
        return [results[index] for index in range(len(appends))]

    def _write(self, item: NewEvents) -> list[ModelEvent]:
        if not item.events:
            return []
        stream = self.streams.setdefault(item.stream, [])
        following = self.last(item.stream) + 1
        new = [
            ModelEvent(item.stream, following + index, kind, number, item.key)
            for index, (kind, number) in enumerate(item.events)
        ]
        stream += new
        self.events += new
        return new

    def create(self, name: str) -> bool:
        """Create an empty stream."""
        if name in self.deleted:
            raise StreamDeleted(name)
        created = name not in self.streams
        self.streams.setdefault(name, [])
        return created

    def last(self, name: str) -> int:
        """Return the last offset of a stream, even if it was removed."""
        events = self.streams.get(name)
        return events[-1].offset if events else self.first.get(name, 0) - 1

    def read(
        self,
        name: str,
        *,
        start: int | None,
        stop: int | None,
        limit: int | None,
        backwards: bool,
        types: Sequence[str] | None,
    ) -> list[ModelEvent]:
        """Return what a reader of a stream gets, or tell it what is gone."""
        low, high = (stop, start) if backwards else (start, stop)
        if limit == 0 or (low is not None and high is not None and low > high):
            return []
        if name in self.deleted:
            raise StreamDeleted(name)
        for place in (low, high):
            if place is not None and place < self.first.get(name, 0):
                raise EventsTruncated(name, place, self.first[name])
        return select(
            self.streams.get(name, []),
            "offset",
            start=start,
            stop=stop,
            limit=limit,
            backwards=backwards,
            types=types,
        )

    def truncate(self, name: str, before: int) -> int:
        """Remove the events below an offset; the offsets go on."""
        if name in self.deleted:
            raise StreamDeleted(name)
        gone = [e for e in self.streams.get(name, []) if e.offset < before]
        if gone:
            self.first[name] = gone[-1].offset + 1
            self.streams[name] = self.streams[name][len(gone) :]
            self.events = [e for e in self.events if e not in gone]
        return len(gone)

    def delete(self, name: str) -> int:
        """Remove a stream that exists; its name stays reserved."""
        if name not in self.streams:
            return 0
        count = self.truncate(name, self.last(name) + 1)
        del self.streams[name]
        self.deleted.add(name)
        return count

    def category(self, category: str) -> list[ModelEvent]:
        """Return the events of all streams of a category."""
        return [e for e in self.events if e.stream.split("-")[0] == category]


def fits(expected: ExpectedVersion, last: int) -> bool:
    """Say whether a stream with this last offset is where the writer thinks."""
    if expected is ANY_VERSION:
        return True
    if expected is STREAM_EXISTS:
        return last != NO_STREAM
    return expected == last


def select(
    events: Iterable[ModelEvent],
    place: str,
    *,
    start: int | None,
    stop: int | None = None,
    limit: int | None = None,
    backwards: bool = False,
    types: Sequence[str] | None = None,
) -> list[ModelEvent]:
    """Return what a reader gets; `place` is the attribute that bounds name."""
    low, high = (stop, start) if backwards else (start, stop)
    found = [
        event
        for event in events
        if (low is None or getattr(event, place) >= low)
        and (high is None or getattr(event, place) <= high)
        and (types is None or event.type in types)
    ]
    return (found[::-1] if backwards else found)[:limit]
