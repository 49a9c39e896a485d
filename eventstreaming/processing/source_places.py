"""Where in a stream, a category or the whole store a time is."""

from collections.abc import Iterator
from datetime import datetime

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.processing.sources import Source, SourceKind
from eventstreaming.types import StoredEvent


def read_source(
    store: BaseEventStore,
    source: Source,
    start: int | None,
    *,
    limit: int | None = None,
    event_types: list[str] | None = None,
) -> Iterator[StoredEvent]:
    """Read what a source stands for from a place on: an offset or a position."""
    if source.kind is SourceKind.STREAM:
        return store.read_stream(
            source.name, start, limit=limit, event_types=event_types
        )
    if source.kind is SourceKind.CATEGORY:
        return store.read_category(
            source.name, start, limit=limit, event_types=event_types
        )
    return store.read_all(start, limit=limit, event_types=event_types)


def bounds_of(store: BaseEventStore, source: Source) -> tuple[int, int]:
    """Return the first place of a source, and the last one of today."""
    if source.kind is SourceKind.STREAM:
        info = store.stream_info(source.name)
        return info.first_offset, info.last_offset
    return 1, store.fence()


def place_at(store: BaseEventStore, source: Source, moment: datetime) -> int:
    """
    Return the place of the first event that is not older than a moment.

    That is one behind the last event when all are older. It is found in about as
    many look-ups as the number of places has binary digits, which needs times to
    follow places: so they do in a stream with a lock, while elsewhere appends of
    the same moment may lie on either side of the answer.
    """
    low, last = bounds_of(store, source)
    high = last + 1
    while low < high:
        middle = (low + high) // 2
        event = next(read_source(store, source, middle, limit=1), None)
        if event is None or event.timestamp >= moment:
            high = middle
        else:
            low = source.place(event) + 1
    return low
