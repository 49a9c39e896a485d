"""
One follower for all who watch the same: it reads each event once.

A hub belongs to an event loop. It begins with the first listener, behind the last
event there was, and ends with the last one. What lies before that, each listener
reads by itself: so every event reaches it once, in order.
"""

import asyncio
import logging
from asyncio import AbstractEventLoop, Queue, QueueFull, Task
from contextlib import suppress
from contextvars import Context
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async

from eventstreaming.http.live.connections import close_connections
from eventstreaming.http.live.frames import StoredEventFrame
from eventstreaming.http.live.sources import Followed

logger = logging.getLogger("eventstreaming.http")

BACKLOG = 1_000  # events that a listener may be behind


class Listener:
    """
    What one client hears of a hub, from `after` on.

    None in its queue is the end: the client was too slow, or the hub failed. It
    connects again and reads what it has missed.
    """

    def __init__(self, after: int) -> None:
        self.after = after
        self._queue: Queue[StoredEventFrame | None] = Queue(BACKLOG + 1)
        self.has_ended = False

    def offer(self, frame: StoredEventFrame) -> None:
        """Let it hear an event; one that is too far behind hears the end."""
        if not self.has_ended:
            if self._queue.qsize() >= BACKLOG:
                self.end()
            else:
                self._queue.put_nowait(frame)

    def end(self) -> None:
        """Let it hear nothing more."""
        self.has_ended = True
        with suppress(QueueFull):
            self._queue.put_nowait(None)

    async def heard(self, timeout: float) -> list[StoredEventFrame | None]:
        """Return what has come, at least one; raise TimeoutError."""
        # Not wait_for(): in Python 3.11 it loses a cancellation that comes together
        # with a frame, and the answer would go on after its client has gone.
        async with asyncio.timeout(timeout):
            frames = [await self._queue.get()]
        while not self._queue.empty():
            frames.append(self._queue.get_nowait())
        return frames


class Hub:
    """Follows one source for its listeners."""

    def __init__(self, source: Followed) -> None:
        self._source = source
        self._listeners: set[Listener] = set()
        self._reached = 0
        self._begun: Task[int] | None = None
        self._following: Task[None] | None = None
        self.has_failed = False

    async def join(self) -> Listener:
        """Return a new listener; what is up to its `after`, it has to read."""
        if self._begun is None:
            # Outside the request's context: its thread and connection are not ours.
            self._begun = asyncio.get_running_loop().create_task(
                sync_to_async(self._end)(), context=Context()
            )
        try:
            end = await asyncio.shield(self._begun)
        except Exception:
            self.has_failed = True  # the next client gets a hub that looks again
            raise
        if self._following is None:
            self._reached = end
            self._following = asyncio.get_running_loop().create_task(
                self._follow(end), context=Context()
            )
        listener = Listener(self._reached)
        if self.has_failed:
            listener.end()
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> bool:
        """Forget a listener; return whether the hub has ended with it."""
        self._listeners.discard(listener)
        if self._listeners:
            return False
        if self._following is not None:
            self._following.cancel()
        return True

    def _end(self) -> int:
        try:
            return self._source.end()
        finally:
            close_connections()  # the follower gives back only what it opens itself

    async def _follow(self, end: int) -> None:
        try:
            async for event in self._source.follow(end + 1):
                self._reached = self._source.place(event)
                frame = StoredEventFrame(event, self._reached)
                for listener in self._listeners:
                    listener.offer(frame)
        except Exception:
            logger.warning("%s is followed no more", self._source, exc_info=True)
        finally:
            self.has_failed = True
            for listener in self._listeners:
                listener.end()


class Hubs:
    """The hubs of each event loop, by source."""

    def __init__(self) -> None:
        self._by_loop: WeakKeyDictionary[AbstractEventLoop, dict[Followed, Hub]] = (
            WeakKeyDictionary()
        )

    def hub_of(self, source: Followed) -> Hub:
        """Return the hub of a source, a new one if the last one has failed."""
        own = self._by_loop.setdefault(asyncio.get_running_loop(), {})
        hub = own.get(source)
        if hub is None or hub.has_failed:
            hub = own[source] = Hub(source)
        return hub

    def leave(self, source: Followed, hub: Hub, listener: Listener) -> None:
        """Let a listener go; a hub without any is forgotten."""
        own = self._by_loop.get(asyncio.get_running_loop(), {})
        if hub.leave(listener) and own.get(source) is hub:
            del own[source]


hubs = Hubs()
