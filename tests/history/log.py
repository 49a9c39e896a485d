"""A history as a log: what was appended, what was read, and what is stored."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import NamedTuple

from eventstreaming.events.arguments import category_of
from tests.history.final import StoredEventRow
from tests.history.operations import Fate, History, Operation

Place = tuple[str, int]  # stream, offset


class Seen(NamedTuple):
    """An event as a reader got it."""

    stream: str
    offset: int
    position: int
    event_id: str
    item: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class Appended:
    """An append: its events as they were handed over, and where they went."""

    stream: str
    expected: int | str
    contents: list[tuple[str, str]]
    places: list[tuple[int, int, str]]  # offset, position, event id
    fate: Fate
    operation: Operation


@dataclass(frozen=True, slots=True)
class Read:
    """What one call of a reader gave, in its order."""

    source: str
    start: int | None
    limit: int | None
    backwards: bool
    event_types: list[str] | None
    events: list[Seen]
    operation: Operation

    @property
    def is_stream(self) -> bool:
        """Say whether places are offsets."""
        return "*" not in self.source

    @property
    def in_transaction(self) -> bool:
        """Say whether the caller's own writes, or an older snapshot, were seen."""
        return self.operation.block is not None or bool(
            self.operation.arguments.get("loose")
        )

    def place(self, event: Seen | StoredEventRow) -> int:
        """Return where an event lies in the source."""
        return event.offset if self.is_stream else event.position


class Log:
    """The log of a history, by item, by place and by source."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.events = sorted(history.final.events, key=lambda e: e.position)
        self.appends = [
            Appended(
                stream=operation.arguments["stream"],
                expected=operation.arguments["expected"],
                contents=[
                    (item, digest) for item, digest in operation.arguments["contents"]
                ],
                places=[tuple(place) for place in operation.result.get("places", [])],
                fate=history.fate(operation),
                operation=operation,
            )
            for operation in history.named("append")
        ]
        self.reads = [
            _read(operation)
            for operation in history.named("read")
            if operation.outcome == "ok"
        ]

    @cached_property
    def items(self) -> dict[str | None, list[StoredEventRow]]:
        """Group the stored events by item."""
        found: dict[str | None, list[StoredEventRow]] = defaultdict(list)
        for event in self.events:
            found[event.item].append(event)
        return dict(found)

    @cached_property
    def places(self) -> dict[Place, StoredEventRow]:
        """Index the stored events by stream and offset."""
        return {(event.stream, event.offset): event for event in self.events}

    @cached_property
    def streams(self) -> dict[str, list[StoredEventRow]]:
        """Group the stored events by stream, in offset order."""
        found: dict[str, list[StoredEventRow]] = defaultdict(list)
        for event in self.events:
            found[event.stream].append(event)
        for events in found.values():
            events.sort(key=lambda event: event.offset)
        return found

    @cached_property
    def categories(self) -> dict[str, list[StoredEventRow]]:
        """Group the stored events by category, in position order."""
        found: dict[str, list[StoredEventRow]] = defaultdict(list)
        for event in self.events:
            found[category_of(event.stream)].append(event)
        return found

    def source(self, name: str) -> list[StoredEventRow]:
        """Return the stored events of a stream, `category-*`, or `*`, in order."""
        if name == "*":
            return self.events
        if name.endswith("-*"):
            return self.categories.get(name[:-2], [])
        return self.streams.get(name, [])

    def between(
        self,
        source: str,
        low: float,
        high: float,
        event_types: list[str] | None = None,
    ) -> list[StoredEventRow]:
        """Return the stored events of a source from one place to another."""
        events, places = self.source(source), self._source_places(source)
        chosen = events[bisect_left(places, low) : bisect_right(places, high)]
        return [e for e in chosen if event_types is None or e.type in event_types]

    @cached_property
    def appended(self) -> dict[str, list[Appended]]:
        """Group the appends by item; an item is handed over once, or by mistake."""
        found: dict[str, list[Appended]] = defaultdict(list)
        for append in self.appends:
            for item, _ in append.contents:
                found[item].append(append)
        return found

    @cached_property
    def committed(self) -> dict[Place, float]:
        """Return when each place was known to be committed."""
        return {
            (append.stream, offset): append.fate.ended
            for append in self.appends
            if append.fate.outcome == "ok"
            for offset, _, _ in append.places
        }

    def head_known_at(self, stream: str, moment: float) -> int:
        """Return the last offset that was committed for certain; -1: none."""
        ends = self._ends.get(stream)
        if ends is None:
            ends = self._ends[stream] = self._running_ends(stream)
        count = bisect_left(ends, moment)
        return self.streams[stream][count - 1].offset if count else -1

    @cached_property
    def _ends(self) -> dict[str, list[float]]:
        return {}

    def _running_ends(self, stream: str) -> list[float]:
        """
        Return, for each event, when one at its place or later was committed.

        A later one proves that the earlier ones are there. The times grow.
        """
        ends: list[float] = []
        earliest = inf
        for event in reversed(self.streams.get(stream, [])):
            end = self.committed.get((stream, event.offset), inf)
            earliest = min(earliest, end)
            ends.append(earliest)
        return ends[::-1]

    def _source_places(self, source: str) -> list[int]:
        places = self._places_of.get(source)
        if places is None:
            by_offset = "*" not in source
            places = self._places_of[source] = [
                event.offset if by_offset else event.position
                for event in self.source(source)
            ]
        return places

    @cached_property
    def _places_of(self) -> dict[str, list[int]]:
        return {}


def _read(operation: Operation) -> Read:
    asked = operation.arguments
    return Read(
        source=asked["source"],
        start=asked["start"],
        limit=asked.get("limit"),
        backwards=asked.get("backwards", False),
        event_types=asked.get("event_types"),
        events=[Seen(*values) for values in operation.result["events"]],
        operation=operation,
    )
