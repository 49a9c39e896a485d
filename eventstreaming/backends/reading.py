"""How every store reads: what was asked for, and one page after another."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, TypeAlias

from eventstreaming.events import arguments
from eventstreaming.events.arguments import MAX_BIGINT
from eventstreaming.events.registry import event_types as registry
from eventstreaming.exceptions import EventsTruncated, InvalidValue
from eventstreaming.types import StoredEvent

BATCH_SIZE = 500  # events fetched at a time
MAX_BATCH_SIZE = 10_000

Page: TypeAlias = tuple[Sequence[StoredEvent], int]
PlaceOf: TypeAlias = Callable[[StoredEvent], int]


@dataclass(frozen=True, slots=True)
class BucketRange:
    """
    The buckets of one partition, both ends inclusive.

    An event's bucket is that of its key or stream. `by_event` makes one of its
    position instead: an odd factor near 1,024 times the golden section takes
    neighbours far apart, so that all partitions get some of any few events.
    """

    FACTOR: ClassVar[int] = 633

    first: int
    last: int
    by_event: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """
    A checked request. `low` and `high` are inclusive bounds of the places.

    `low_is_asked` says that the caller named the lower bound: an event that is
    no longer kept there is an error. So is one at the upper bound where a caller
    begins to read backwards, `high_is_asked`. `buckets` narrows it to a partition,
    which is read forwards.
    """

    low: int
    high: int
    low_is_asked: bool
    high_is_asked: bool
    limit: int | None
    backwards: bool
    event_types: list[str] | None
    batch_size: int
    follow: bool
    buckets: BucketRange | None = None


class FetchPage(Protocol):
    """Fetches at most `size` events between the bounds, in reading order."""

    def __call__(self, request: ReadRequest, size: int) -> Page:
        """Return the events, and the place of the last event there is."""


def read_request(
    start: int | None,
    stop: int | None,
    *,
    field: str,
    limit: int | None,
    backwards: bool,
    event_types: Iterable[str] | None,
    batch_size: int,
    follow: bool,
) -> ReadRequest:
    """Check a reader's arguments; `field` names what `start` is called."""
    backwards = arguments.flag(backwards, "backwards")
    if arguments.flag(follow, "follow") and backwards:
        raise InvalidValue("follow", "what comes is not read backwards")
    first = arguments.optional_integer(start, f"from_{field}")
    last = arguments.optional_integer(stop, f"to_{field}")
    low, high = (last, first) if backwards else (first, last)
    return ReadRequest(
        low=0 if low is None else low,
        high=MAX_BIGINT if high is None else high,
        low_is_asked=low is not None,
        high_is_asked=backwards and high is not None,
        limit=arguments.optional_integer(limit, "limit"),
        backwards=backwards,
        event_types=_stored_types(event_types),
        batch_size=arguments.integer(batch_size, "batch_size", 1, MAX_BATCH_SIZE),
        follow=follow,
    )


def _stored_types(names: Iterable[str] | None) -> list[str] | None:
    """Check the types that are asked for, and add the names that they had before."""
    types = arguments.type_names(names)
    return None if types is None else registry.stored_names(types)


def read_pages(
    request: ReadRequest,
    place: PlaceOf,
    fetch: FetchPage,
) -> Iterator[StoredEvent]:
    """
    Yield what was asked for, holding one page at a time.

    The end is where the last event was at the first fetch, so the iterator
    ends under any load.
    """
    left = request.limit
    while request.low <= request.high and left != 0:
        size = request.batch_size if left is None else min(request.batch_size, left)
        events, end = fetch(request, size)
        yield from events
        if len(events) < size:
            return
        if left is not None:
            left -= size
        last = place(events[-1])
        request = (
            replace(request, high=last - 1, high_is_asked=False)
            if request.backwards
            else replace(
                request, low=last + 1, low_is_asked=True, high=min(request.high, end)
            )
        )


def refuse_truncated(stream_name: str, request: ReadRequest, first_offset: int) -> None:
    """Raise EventsTruncated if the caller asked for what is no longer kept."""
    if request.low_is_asked and request.low < first_offset:
        raise EventsTruncated(stream_name, request.low, first_offset)
    if request.high_is_asked and request.high < first_offset:
        raise EventsTruncated(stream_name, request.high, first_offset)


def offset_of(event: StoredEvent) -> int:
    """Return an event's place in its stream."""
    return event.offset


def position_of(event: StoredEvent) -> int:
    """Return an event's place in the whole store."""
    return event.position
