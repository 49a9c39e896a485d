"""
Reading, alike for every store: what was asked for, and in which order.

A store brings the pages: `fetch_stream_page()`, `fetch_positions()` and the
`fence()` below which it reads.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from eventstreaming.backends.base_waking import BaseWaking
from eventstreaming.backends.fences import FenceStatus
from eventstreaming.backends.following import (
    Follower,
    Following,
    NothingHeld,
    Resting,
)
from eventstreaming.backends.reading import (
    BATCH_SIZE,
    FetchPage,
    Page,
    PlaceOf,
    ReadRequest,
    offset_of,
    position_of,
    read_pages,
    read_request,
)
from eventstreaming.backends.twins import async_reader_method
from eventstreaming.backends.waking.topics import (
    ALL_STREAMS,
    category_topic,
    stream_topic,
)
from eventstreaming.events import arguments
from eventstreaming.types import StoredEvent


class BaseReading(BaseWaking, ABC):
    """The readers. What each does stands in `services`."""

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
        follow: bool = False,
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
            follow=follow,
        )
        if follow:
            fetch = self._stream_pages(stream_name, self._rising_fence())
            return self._follow(request, offset_of, fetch, stream_topic(stream_name))
        fetch = self._stream_pages(stream_name, cache(self.fence))
        return read_pages(request, offset_of, fetch)

    def read_category(
        self,
        category: str,
        from_position: int | None = None,
        *,
        limit: int | None = None,
        backwards: bool = False,
        event_types: Iterable[str] | None = None,
        batch_size: int = BATCH_SIZE,
        follow: bool = False,
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
            follow=follow,
        )
        if follow:
            return self._follow_positions(category, request)
        return self._read_below_fence(category, request)

    def read_all(
        self,
        from_position: int | None = None,
        *,
        limit: int | None = None,
        backwards: bool = False,
        event_types: Iterable[str] | None = None,
        batch_size: int = BATCH_SIZE,
        follow: bool = False,
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
            follow=follow,
        )
        if follow:
            return self._follow_positions(None, request)
        return self._read_below_fence(None, request)

    aread_stream = async_reader_method(read_stream)
    aread_category = async_reader_method(read_category)
    aread_all = async_reader_method(read_all)

    def _stream_pages(self, stream_name: str, fence: Callable[[], int]) -> FetchPage:
        """Return what reads by the head; where the stream is concurrent, by `fence`."""
        concurrent = False

        def fetch(request: ReadRequest, size: int) -> Page:
            nonlocal concurrent
            if not concurrent:
                page = self.fetch_stream_page(stream_name, request, size)
                if page is not None:
                    return page
                concurrent = True
            last = fence()
            request = replace(request, high=min(request.high, last))
            page = self.fetch_stream_page(stream_name, request, size, fenced=True)
            return (page[0] if page else []), last

        return fetch

    def _read_below_fence(
        self, category: str | None, request: ReadRequest
    ) -> Iterator[StoredEvent]:
        fence = self.fence()

        def fetch(request: ReadRequest, size: int) -> Page:
            return self.fetch_positions(category, request, size), fence

        request = replace(request, high=min(request.high, fence))
        yield from read_pages(request, position_of, fetch)

    def _follow_positions(self, category: str | None, request: ReadRequest) -> Follower:
        fence = self._rising_fence()

        def fetch(request: ReadRequest, size: int) -> Page:
            last = fence()
            if request.low > last:
                return [], last
            request = replace(request, high=min(request.high, last))
            return self.fetch_positions(category, request, size), last

        topic = ALL_STREAMS if category is None else category_topic(category)
        return self._follow(request, position_of, fetch, topic)

    def _rising_fence(self) -> Callable[[], int]:
        """
        Return a fence that never goes back, as the store's own may.

        A writer that was slow to mark shows a lower one, and draws above all that
        was drawn: below the highest fence nothing appears any more.
        """
        highest = 0

        def fence() -> int:
            nonlocal highest
            highest = max(highest, self.fence())
            return highest

        return fence

    def _follow(
        self, request: ReadRequest, place: PlaceOf, fetch: FetchPage, topic: str
    ) -> Follower:
        following = Following(
            request,
            place,
            fetch,
            waiters=self.waiters,
            topic=topic,
            resting=self.resting(topic),
        )
        return Follower(following)

    def resting(self, source: str) -> Resting:
        """Return what a follower of `source` gives back while it waits."""
        return NothingHeld()

    @abstractmethod
    def fetch_stream_page(
        self,
        stream_name: str,
        request: ReadRequest,
        size: int,
        *,
        fenced: bool = False,
    ) -> Page | None:
        """
        Return at most `size` events of a stream, in reading order, and its head.

        The head is the offset of the last event, -1 without one. The answer is
        None where the stream is concurrent and appends to it may be under way,
        unless `fenced` says that the request's upper bound is below a fence that
        was taken before. Raise EventsTruncated when a lower bound that was asked
        for is no longer kept.
        """

    @abstractmethod
    def fetch_positions(
        self, category: str | None, request: ReadRequest, size: int
    ) -> Sequence[StoredEvent]:
        """
        Return at most `size` events of a category (None: of all), in reading order.

        The request's upper bound is below a fence that was taken before.
        """

    @abstractmethod
    def fence(self) -> int:
        """
        Return the highest position up to which no event can appear any more.

        0 while the store is empty. Raise UnsafeIsolation inside a snapshot
        that is older than the answer.
        """

    def fence_status(self) -> FenceStatus:
        """Return the last position, the fence, and which transactions hold it."""
        fence = self.fence()
        return FenceStatus(fence, fence)
