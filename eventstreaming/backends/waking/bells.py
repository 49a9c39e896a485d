"""What one waits by: rung from any thread, awaited in one place."""

import asyncio
import threading
from contextlib import suppress


class Bell:
    """
    A bell for a thread.

    It is a lock that nobody holds for long: to ring is to release it. An Event would
    do the same in many steps of Python, on both sides of what is to be quick.
    """

    def __init__(self) -> None:
        self._silence = threading.Lock()
        self._silence.acquire()
        self._more = False

    def ring(self, more: bool = False) -> None:
        """Wake who waits; `more` may come without another ring."""
        self._more = self._more or more
        try:  # noqa: SIM105 - suppress() is three more calls for one who waits
            self._silence.release()
        except RuntimeError:  # it has rung, and nobody has heard it yet
            pass

    def wait(self, seconds: float) -> bool:
        """Wait until it rings, for so long at most; say if more may come."""
        self._silence.acquire(timeout=max(seconds, 0.0))
        more, self._more = self._more, False
        return more


class AsyncBell:
    """A bell for a coroutine of the running event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._more = False

    def ring(self, more: bool = False) -> None:
        """See Bell.ring(). From any thread."""
        self._more = self._more or more
        with suppress(RuntimeError):  # the loop is closed, nobody waits
            self._loop.call_soon_threadsafe(self._rung.set)

    async def wait(self, seconds: float) -> bool:
        """See Bell.wait(). The event loop goes on."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()
        more, self._more = self._more, False
        return more
