"""Reading that goes on: after what is there, what comes."""

from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Protocol

from asgiref.sync import sync_to_async

from eventstreaming.backends.reading import FetchPage, PlaceOf, ReadRequest
from eventstreaming.backends.waking.bells import AsyncBell, Bell
from eventstreaming.backends.waking.polling import Polling
from eventstreaming.backends.waking.waiters import Waiters
from eventstreaming.types import StoredEvent

KEEP_SECONDS = 0.2  # how long a connection is kept without news


class Resting(Protocol):
    """What a follower holds while it looks and gives back while it waits."""

    def looking(self) -> AbstractContextManager[None]:
        """Return a block in which the store may be read; raise if it may not."""

    def rest(self) -> None:
        """Give back what `looking()` has taken."""


class NothingHeld:
    """For a store that needs no connection."""

    def looking(self) -> AbstractContextManager[None]:
        return nullcontext()

    def rest(self) -> None:
        pass


class Following:
    """
    Events with those to come, for one who iterates.

    It ends at the request's upper bound or limit, else never.
    """

    def __init__(
        self,
        request: ReadRequest,
        place: PlaceOf,
        fetch: FetchPage,
        *,
        waiters: Waiters,
        topic: str,
        resting: Resting,
    ) -> None:
        self._request = request
        self._left = request.limit
        self._place = place
        self._fetch = fetch
        self._known_end = -1
        self._waiters = waiters
        self._topic = topic
        self._resting = resting

    def iterate(self) -> Generator[StoredEvent]:
        """Iterate in this thread, which waits meanwhile."""
        bell, polling = Bell(), Polling()
        with self._waiters.waiting([self._topic], bell.ring):
            try:
                while not self._has_ended():
                    events, is_full = self._look()
                    yield from events
                    if events:
                        polling.busy()
                    if is_full or self._has_ended():
                        continue
                    pause = polling.pause(live=self._waiters.is_live)
                    if pause > KEEP_SECONDS:
                        self._resting.rest()
                    if bell.wait(pause):
                        polling.rung()
            finally:
                self._resting.rest()

    async def iterate_async(self) -> AsyncIterator[StoredEvent]:
        """Iterate in a coroutine; thread and event loop go on while it waits."""
        bell, polling = AsyncBell(), Polling()
        with self._waiters.waiting([self._topic], bell.ring):
            try:
                while not self._has_ended():
                    events, is_full = await sync_to_async(self._look)()
                    for event in events:
                        yield event
                    if events:
                        polling.busy()
                    if is_full or self._has_ended():
                        continue
                    pause = polling.pause(live=self._waiters.is_live)
                    if pause > KEEP_SECONDS:
                        await sync_to_async(self._resting.rest)()
                    if await bell.wait(pause):
                        polling.rung()
            finally:
                await sync_to_async(self._resting.rest)()

    def _has_ended(self) -> bool:
        return self._left == 0 or self._request.low > self._request.high

    def _look(self) -> tuple[Sequence[StoredEvent], bool]:
        """Fetch the next page, and say whether it is full: then more is there."""
        request, size = self._request, self._request.batch_size
        if self._left is not None:
            size = min(size, self._left)
        with self._resting.looking():
            events, end = self._fetch(request, size)
        is_full = len(events) == size
        low = self._place(events[-1]) + 1 if events else request.low
        if not is_full:
            # What both looks know to be there is seen, if it was to be. A head may
            # have moved on behind this page, and a fence may have gone back since.
            low = max(low, min(self._known_end, end) + 1)
        if self._left is not None:
            self._left -= len(events)
        # Who has seen all there is would miss what comes and is removed again.
        asked = request.low_is_asked or low > 0 or end < 0
        self._request = replace(request, low=low, low_is_asked=asked)
        self._known_end = end
        return events, is_full


class Follower(Iterator[StoredEvent]):
    """
    What a reader with `follow=True` returns; its twin takes `following` from it.

    The iterator refers to the events, and they not to it: so they end with the
    last reference to it, as when a loop is left.
    """

    def __init__(self, following: Following) -> None:
        self.following = following
        self._events = following.iterate()

    def __next__(self) -> StoredEvent:
        return next(self._events)

    def close(self) -> None:
        """End the iteration and give back what it holds."""
        self._events.close()
