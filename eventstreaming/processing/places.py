"""One of the places that a supervisor keeps filled."""

import logging
from collections.abc import Callable
from math import inf

from eventstreaming import clock
from eventstreaming.processing.children import Child, how_it_ended
from eventstreaming.processing.endings import Ending
from eventstreaming.processing.restarts import Backoff

logger = logging.getLogger("eventstreaming.worker")


class Place:
    """
    A child at work, and the one that is to take its place, if there is any.

    The successor must be ready before the other one is told to go: a place is
    empty only when its child has died.
    """

    def __init__(self, spawn: Callable[[], Child]) -> None:
        self.child: Child | None = None
        self.successor: Child | None = None
        self._spawn = spawn
        self._backoff = Backoff()
        self._start_at = 0.0

    def children(self) -> list[Child]:
        """Return the child and its successor, as far as there are any."""
        return [child for child in (self.child, self.successor) if child is not None]

    def fill(self) -> None:
        """Start a child where there is none, once the pause is over."""
        if self.child is None and clock.monotonic() >= self._start_at:
            self.child, self.successor = self.successor or self._start(), None

    def begin_succession(self, reason: str) -> bool:
        """Start a successor unless one that died has just been; say so."""
        child = self.child
        if child is None or self.successor or clock.monotonic() < self._start_at:
            return False
        self.successor = self._start()
        if self.successor is not None:
            logger.info("worker %d %s: replacing it", child.pid, reason)
        return True

    def succeed(self) -> Child | None:
        """Let a ready successor take the place; return the child that leaves it."""
        if self.successor is None or not self.successor.is_ready:
            return None
        former, self.child, self.successor = self.child, self.successor, None
        return former

    def close(self) -> None:
        """Let nobody be started here any more."""
        self._start_at = inf

    def ended(self, child: Child, code: int) -> None:
        """Note that the child or its successor has ended, and when to go on."""
        if child is self.successor:
            self.successor = None
            if self.child is not None and code > 0:
                logger.error("worker %d goes on: its successor fails", self.child.pid)
                self.child.is_outdated = False
        else:
            self.child = None
        planned = code in (Ending.DONE, Ending.REPLACE)
        pause = 0.0 if planned else self._backoff.after(child.age)
        self._pause(pause)
        again = f"; the next one starts in {pause:g} s" if pause else ""
        logger.log(
            logging.INFO if planned else logging.ERROR,
            "worker %d %s after %.1f s%s",
            child.pid,
            how_it_ended(code),
            child.age,
            again,
        )

    def _start(self) -> Child | None:
        try:
            return self._spawn()
        except OSError as error:
            pause = self._backoff.after(0.0)
            self._pause(max(pause, 1.0))
            logger.error("no worker can be started: %s", error)
            return None

    def _pause(self, seconds: float) -> None:
        self._start_at = max(self._start_at, clock.monotonic() + seconds)
