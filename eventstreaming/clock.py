"""
Time and chance, real or simulated.

Retry and lease logic and the memory store ask this module, never `time` or
`random`, so that a test can move time. Leases in a database use the
database's clock only.
"""

import asyncio as _asyncio
import random as _random
import time as _time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    # Asked for at each write: the function itself, which a patch of `time` misses.
    monotonic = staticmethod(_time.monotonic)

    def sleep(self, seconds: float) -> None:
        _time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        await _asyncio.sleep(seconds)

    def random(self) -> float:
        return _random.random()


class SimulatedClock(Clock):
    """A clock that stands still until `sleep()` or `advance()` moves it."""

    def __init__(self, start: datetime | None = None, seed: int = 0) -> None:
        self._now = start or datetime(2030, 1, 1, tzinfo=UTC)
        self._monotonic = 0.0
        self._random = _random.Random(seed)

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        self.advance(seconds)
        await _asyncio.sleep(0)  # the turn of other coroutines

    def random(self) -> float:
        return self._random.random()

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by `seconds`."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


_current: Clock = Clock()

# Seconds that never go back, for intervals. Asked for at each write: the present clock's
# own function, and not one that asks for it. So it is called as clock.monotonic() only:
# what keeps the function keeps the clock of then.
monotonic: Callable[[], float] = _current.monotonic


def now() -> datetime:
    """Return the time of day, aware, in UTC."""
    return _current.now()


def sleep(seconds: float) -> None:
    """Wait."""
    _current.sleep(seconds)


async def asleep(seconds: float) -> None:
    """Wait; the event loop goes on."""
    await _current.asleep(seconds)


def random() -> float:
    """Return a number in [0, 1)."""
    return _current.random()


@contextmanager
def use_clock(clock: Clock) -> Iterator[Clock]:
    """Replace the clock of this process inside the block."""
    global _current, monotonic
    previous, _current = _current, clock
    monotonic = clock.monotonic
    try:
        yield clock
    finally:
        _current = previous
        monotonic = previous.monotonic
