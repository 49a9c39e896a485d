"""Persistent streams in memory: lists of events that only grow."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from eventstreaming import clock
from eventstreaming.backends.base import BATCH_SIZE
from eventstreaming.backends.memory.data import MemoryData, MemoryStore, copied
from eventstreaming.backends.reading import ReadRequest, read_pages, read_request
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import NewEvent, new_events
from eventstreaming.exceptions import InvalidValue, WrongExpectedVersion
from eventstreaming.types import (
    ANY_VERSION,
    JSON,
    NO_STREAM,
    STREAM_EXISTS,
    ExpectedVersion,
    StoredEvent,
    StreamInfo,
)


class StreamOperations(MemoryStore):
    """The persistent half of MemoryEventStore."""

    def append(
        self,
        stream_name: str,
        events: Iterable[object] | object,
        *,
        expected_version: ExpectedVersion = ANY_VERSION,
        key: str | None = None,
        idempotency_key: str | None = None,
        metadata: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> list[StoredEvent]:
        """See services.append()."""
        stream_name = arguments.stream_name(stream_name)
        expected = arguments.expected_version(expected_version)
        if idempotency_key is not None:
            self._require("supports_idempotency", "idempotency_key")
        new = new_events(
            stream_name,
            events,
            key=key,
            metadata=metadata,
            correlation_id=correlation_id,
            causation_id=causation_id,
        )
        if not new:
            return []
        data = self._data
        with data.lock:
            _check_version(data, stream_name, expected)
            _check_event_ids(data, new)
            return [_copied(event) for event in _keep(data, stream_name, new)]

    def read_stream(
        self,
        stream_name: str,
        from_offset: int | None = None,
        *,
        to_offset: int | None = None,
        limit: int | None = None,
        backwards: bool = False,
        event_types: Iterable[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[StoredEvent]:
        """See services.read_stream()."""
        stream_name = arguments.stream_name(stream_name)
        request = read_request(
            from_offset,
            to_offset,
            field="offset",
            limit=limit,
            backwards=backwards,
            event_types=event_types,
            batch_size=batch_size,
        )
        return _read(request, _offset, lambda: self._data.streams.get(stream_name, ()))

    def read_category(
        self,
        category: str,
        from_position: int | None = None,
        *,
        limit: int | None = None,
        backwards: bool = False,
        event_types: Iterable[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[StoredEvent]:
        """See services.read_category()."""
        category = arguments.category(category)
        request = read_request(
            from_position,
            None,
            field="position",
            limit=limit,
            backwards=backwards,
            event_types=event_types,
            batch_size=batch_size,
        )
        return _read(
            request, _position, lambda: self._data.categories.get(category, ())
        )

    def read_all(
        self,
        from_position: int | None = None,
        *,
        limit: int | None = None,
        backwards: bool = False,
        event_types: Iterable[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[StoredEvent]:
        """See services.read_all()."""
        request = read_request(
            from_position,
            None,
            field="position",
            limit=limit,
            backwards=backwards,
            event_types=event_types,
            batch_size=batch_size,
        )
        return _read(request, _position, lambda: self._data.events)

    def fence(self) -> int:
        """See BaseEventStore.fence()."""
        return len(self._data.events)

    def stream_info(self, stream_name: str) -> StreamInfo:
        """See services.stream_info()."""
        stream_name = arguments.stream_name(stream_name)
        events = self._data.streams.get(stream_name)
        length = len(events or ())
        return StreamInfo(
            stream_name=stream_name,
            exists=events is not None,
            concurrent=False,
            first_offset=0,
            last_offset=length - 1,
            length=length,
            first_timestamp=events[0].timestamp if events else None,
            last_timestamp=events[length - 1].timestamp if events else None,
        )

    def create_stream(self, stream_name: str, *, concurrent: bool = False) -> bool:
        """See services.create_stream()."""
        stream_name = arguments.stream_name(stream_name)
        if arguments.flag(concurrent, "concurrent"):
            self._require("supports_concurrent_streams", "concurrent streams")
        data = self._data
        with data.lock:
            created = stream_name not in data.streams
            data.streams.setdefault(stream_name, [])
        return created


def _check_version(
    data: MemoryData, stream_name: str, expected: ExpectedVersion
) -> None:
    actual = len(data.streams.get(stream_name, ())) - 1
    if expected is ANY_VERSION or expected == actual:
        return
    if expected is STREAM_EXISTS and actual > NO_STREAM:
        return
    raise WrongExpectedVersion(stream_name, expected, actual)


def _check_event_ids(data: MemoryData, new: list[NewEvent]) -> None:
    for index, event in enumerate(new):
        if event.event_id in data.event_ids:
            raise InvalidValue(
                f"events[{index}].event_id", f"{event.event_id} is taken"
            )


def _keep(data: MemoryData, stream_name: str, new: list[NewEvent]) -> list[StoredEvent]:
    """Add the events; a reader sees all of them or none."""
    stream = data.streams.setdefault(stream_name, [])
    category = data.categories.setdefault(arguments.category_of(stream_name), [])
    now = clock.now()
    events = [
        StoredEvent(
            stream_name=stream_name,
            offset=len(stream) + index,
            position=len(data.events) + index + 1,
            event_id=event.event_id,
            event_type=event.event_type,
            data=event.data,
            metadata=event.metadata,
            schema_version=event.schema_version,
            key=event.key,
            correlation_id=event.correlation_id,
            causation_id=event.causation_id,
            timestamp=now,
        )
        for index, event in enumerate(new)
    ]
    data.event_ids.update(event.event_id for event in events)
    stream.extend(events)
    category.extend(events)
    data.events.extend(events)
    return events


def _read(
    request: ReadRequest,
    place: Callable[[StoredEvent], int],
    find: Callable[[], Sequence[StoredEvent]],
) -> Iterator[StoredEvent]:
    """Read from what `find` finds at each fetch, which may come later."""

    def fetch(request: ReadRequest, size: int) -> tuple[list[StoredEvent], int]:
        events = find()
        if not events:
            return [], -1
        return _page(events, place, request, size), place(events[-1])

    return read_pages(request, place, fetch)


def _page(
    events: Sequence[StoredEvent],
    place: Callable[[StoredEvent], int],
    request: ReadRequest,
    size: int,
) -> list[StoredEvent]:
    wanted = range(
        bisect_left(events, request.low, key=place),
        bisect_right(events, request.high, key=place),
    )
    matching = (
        events[index]
        for index in (reversed(wanted) if request.backwards else wanted)
        if request.event_types is None
        or events[index].event_type in request.event_types
    )
    return [_copied(event) for event in islice(matching, size)]


def _offset(event: StoredEvent) -> int:
    return event.offset


def _position(event: StoredEvent) -> int:
    return event.position


def _copied(event: StoredEvent) -> StoredEvent:
    return msgspec.structs.replace(
        event, data=copied(event.data), metadata=copied(event.metadata)
    )
