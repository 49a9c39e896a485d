"""Steps on persistent streams."""

from collections.abc import Sequence
from itertools import islice, takewhile
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from eventstreaming.exceptions import InvalidValue
from eventstreaming.types import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    Append,
    EventData,
    ExpectedVersion,
    StoredEvent,
)
from tests.statemachine.log_model import ModelEvent, NewEvents, described, select
from tests.statemachine.machine import Machine

streams = st.integers(0, 2)
types = st.lists(st.sampled_from(["Made", "Sold", "Lost"]), max_size=3)
believed = st.sampled_from(
    ["any", "any", "no stream", "stream exists", "last", "last", "stale", "ahead"]
)
keys = st.sampled_from([None, None, "a", "b"])
places = st.none() | st.integers(0, 8)
ranges = {
    "limit": st.none() | st.integers(0, 5),
    "backwards": st.booleans(),
    "event_types": st.none() | types.filter(bool),
    "batch_size": st.sampled_from([1, 2, 3, 500]),
}


class StreamRules(Machine):
    """Appending, and reading in every way."""

    def __init__(self) -> None:
        super().__init__()
        self.event_ids: dict[int, UUID] = {}  # by position

    @rule(stream=streams, kinds=types, version=believed, key=keys)
    def append(
        self, stream: int, kinds: list[str], version: str, key: str | None
    ) -> None:
        new = self._new(stream, kinds, version, key)
        self._write(
            [new],
            lambda: [
                self.store.append(
                    new.stream, data_of(new), expected_version=new.expected, key=key
                )
            ],
        )

    @rule(parts=st.lists(st.tuples(streams, types, believed, keys), max_size=4))
    def append_many(self, parts: list[tuple[int, list[str], str, str | None]]) -> None:
        new = [self._new(*part) for part in parts]
        appends = [Append(n.stream, data_of(n), n.expected, n.key) for n in new]
        self._write(new, lambda: self.store.append_many(appends))

    @precondition(lambda self: self.model.log.events)
    @rule(stream=streams, which=st.integers(0, 50))
    def append_under_a_known_id(self, stream: int, which: int) -> None:
        events = self.model.log.events
        known = self.event_ids[events[which % len(events)].position]
        again = EventData("Made", {"number": 0}, event_id=known)
        self.agree(
            lambda: self.store.append(self.stream_names[stream], again),
            lambda: refuse("event_id"),
        )

    @rule(stream=streams, start=places, stop=places, **ranges)
    def read_stream(
        self, stream: int, start: int | None, stop: int | None, **asked: Any
    ) -> None:
        name = self.stream_names[stream]

        def store() -> list[tuple[object, ...]]:
            found = self.store.read_stream(name, start, to_offset=stop, **asked)
            return [described(event) for event in found]

        def model() -> list[tuple[object, ...]]:
            found = self.model.log.read(name, start=start, stop=stop, **of_model(asked))
            return [event.describe() for event in found]

        self.agree(store, model)

    @rule(stream=streams, start=places, **ranges)
    def read_many_streams(self, stream: int, start: int | None, **asked: Any) -> None:
        """A category, or for the last one all."""
        category = self.stream_names[stream].split("-")[0]
        position = self._position(start)
        if stream < 2:
            found = self.store.read_category(category, position, **asked)
            events = self.model.log.category(category)
        else:
            if position is None and not asked["backwards"]:
                position = self.first_position
            everything = self.store.read_all(position, **asked)
            found = takewhile(self._is_of_this_example, everything)
            events = self.model.log.events
        expected = select(events, "position", start=position, **of_model(asked))
        self._read(found, expected)

    @precondition(lambda self: self.model.log.events)
    @rule(which=st.integers(0, 50), kinds=types, backwards=st.booleans())
    def append_while_reading(
        self, which: int, kinds: list[str], backwards: bool
    ) -> None:
        """A reader ends at the event that was the last one when it began."""
        events = self.model.log.events
        name = events[which % len(events)].stream
        if name not in self.stream_names:
            return  # a concurrent one has rules of its own
        expected = select(
            self.model.log.streams[name], "offset", start=None, backwards=backwards
        )
        reader = self.store.read_stream(name, backwards=backwards, batch_size=1)
        first = list(islice(reader, 1))
        self.append(self.stream_names.index(name), kinds, "any", None)
        self._read([*first, *reader], expected)

    @rule(stream=streams, create=st.booleans())
    def look_at_a_stream(self, stream: int, create: bool) -> None:
        name = self.stream_names[stream]
        if create:
            self.agree(
                lambda: self.store.create_stream(name),
                lambda: self.model.log.create(name),
            )
        log = self.model.log
        events = log.streams.get(name)
        info = self.store.stream_info(name)
        assert info.deleted == (name in log.deleted)
        assert (info.exists, info.length) == (events is not None, len(events or ()))
        if not info.deleted:
            assert info.first_offset == log.first.get(name, 0)
            assert info.last_offset == log.last(name)
        assert (info.first_timestamp is None) == (not events)

    def compare_everything(self) -> None:
        super().compare_everything()
        for stream, name in enumerate(self.stream_names):
            self.look_at_a_stream(stream, create=False)
            if name not in self.model.log.deleted:
                events = self.model.log.streams.get(name, [])
                self._read(self.store.read_stream(name), events)
        self._read(self.store.read_all(self.first_position), self.model.log.events)

    def _new(
        self, stream: int, kinds: list[str], version: str, key: str | None
    ) -> NewEvents:
        name = self.stream_names[stream]
        last = self.model.log.last(name)
        expected: dict[str, ExpectedVersion] = {
            "any": ANY_VERSION,
            "no stream": NO_STREAM,
            "stream exists": STREAM_EXISTS,
            "last": last,
            "stale": max(last - 1, NO_STREAM),
            "ahead": last + 1,
        }
        events = [(kind, next(self.numbers)) for kind in kinds]
        return NewEvents(name, events, expected[version], key)

    def _write(self, new: list[NewEvents], write: Any) -> None:
        last = max((e.position for e in self.model.log.events), default=0)
        written: list[list[StoredEvent]] = []
        appended: list[list[ModelEvent]] = []

        def store() -> list[list[int]]:
            written.extend(write())
            return [[event.offset for event in events] for events in written]

        def model() -> list[list[int]]:
            appended.extend(self.model.log.append(new))
            return [[event.offset for event in events] for events in appended]

        self.agree(store, model)
        for expected, events in zip(appended, written, strict=True):
            for known, event in zip(expected, events, strict=True):
                known.position = event.position
                self.event_ids[event.position] = event.event_id
            assert [described(e) for e in events] == [e.describe() for e in expected]
        positions = [
            e.position for e in self.model.log.events if not e.position <= last
        ]
        assert positions == sorted(set(positions))
        assert len(positions) == sum(map(len, written))

    def _is_of_this_example(self, event: StoredEvent) -> bool:
        return event.position >= self.first_position

    def _position(self, place: int | None) -> int | None:
        """Turn a small number into a position that is known, or just beyond."""
        if place is None:
            return None
        events = self.model.log.events
        if place < len(events):
            return events[place].position
        return self.first_position + place

    def _read(self, actual: Any, expected: Sequence[ModelEvent]) -> None:
        found = [described(event) for event in actual]
        assert found == [event.describe() for event in expected]


def data_of(new: NewEvents) -> list[EventData]:
    return [EventData(kind, {"number": number}) for kind, number in new.events]


def of_model(asked: dict[str, Any]) -> dict[str, Any]:
    """Return a reader's arguments as the model names them."""
    return {
        "limit": asked["limit"],
        "backwards": asked["backwards"],
        "types": asked["event_types"],
    }


def refuse(field: str) -> object:
    raise InvalidValue(field, "refused")
