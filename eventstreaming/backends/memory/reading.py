"""Reading in memory: pages of lists, which grow or are replaced."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from eventstreaming.backends.base import BATCH_SIZE
from eventstreaming.backends.memory.data import MemoryStore, copied_event
from eventstreaming.backends.reading import (
    ReadRequest,
    read_pages,
    read_request,
    refuse_truncated,
)
from eventstreaming.events import arguments
from eventstreaming.exceptions import StreamDeleted
from eventstreaming.types import StoredEvent


class ReadOperations(MemoryStore):
    """Reading a stream, a category, or the whole store."""

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

        def find(request: ReadRequest) -> Sequence[StoredEvent]:
            data = self._data
            events = data.streams.get(stream_name, ())
            # Looked at after the events: it is raised before any is removed.
            if stream_name in data.deleted:
                raise StreamDeleted(stream_name)
            refuse_truncated(
                stream_name, request, data.first_offsets.get(stream_name, 0)
            )
            return events

        return _read(request, _offset, find)

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
            request, _position, lambda _: self._data.categories.get(category, ())
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
        return _read(request, _position, lambda _: self._data.events)


def _read(
    request: ReadRequest,
    place: Callable[[StoredEvent], int],
    find: Callable[[ReadRequest], Sequence[StoredEvent]],
) -> Iterator[StoredEvent]:
    """Read from what `find` finds at each fetch, which may come later."""

    def fetch(request: ReadRequest, size: int) -> tuple[list[StoredEvent], int]:
        events = find(request)
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
    return [copied_event(event) for event in islice(matching, size)]


def _offset(event: StoredEvent) -> int:
    return event.offset


def _position(event: StoredEvent) -> int:
    return event.position
