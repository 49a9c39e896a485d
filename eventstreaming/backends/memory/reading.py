"""Pages of persistent streams in memory: parts of lists, which grow or are replaced."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import islice

from eventstreaming.backends.memory.data import MemoryStore, copied_event
from eventstreaming.backends.reading import (
    Page,
    ReadRequest,
    offset_of,
    position_of,
    refuse_truncated,
)
from eventstreaming.exceptions import StreamDeleted
from eventstreaming.types import StoredEvent


class ReadOperations(MemoryStore):
    """What fetches pages of one stream, a category, or the whole store."""

    def fetch_stream_page(
        self,
        stream_name: str,
        request: ReadRequest,
        size: int,
        *,
        fenced: bool = False,
    ) -> Page:
        """See BaseReading.fetch_stream_page(). No append is ever under way."""
        data = self._data
        fence = self.fence()  # before the events
        events = data.streams.get(stream_name, [])
        page = _page(events, offset_of, request, size)
        # Looked at after the events: it is raised before any is removed.
        if stream_name in data.deleted:
            raise StreamDeleted(stream_name)
        refuse_truncated(stream_name, request, data.first_offsets.get(stream_name, 0))
        if stream_name in data.concurrent:
            return page, max(fence, page[-1].offset if page else -1)
        return page, events[-1].offset if events else -1

    def fetch_positions(
        self, category: str | None, request: ReadRequest, size: int
    ) -> list[StoredEvent]:
        """See BaseReading.fetch_positions()."""
        data = self._data
        events = data.events if category is None else data.categories.get(category, ())
        return _page(events, position_of, request, size)

    def fence(self) -> int:
        """See BaseReading.fence()."""
        return self._data.last_position


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
