"""Doing no more than so much a second."""

from eventstreaming import clock

NAP = 0.005  # seconds; shorter pauses are put together


class Pace:
    """
    Lets `rate` steps a second pass, None lets all.

    A step that took long is not made up for: the rate is never exceeded, but for
    the steps of a nap.
    """

    def __init__(self, rate: float | None) -> None:
        self._pause = 0.0 if rate is None else 1.0 / rate
        self._due = clock.monotonic()

    def wait(self) -> None:
        """Return when the next step may be taken."""
        if not self._pause:
            return
        now = clock.monotonic()
        if self._due - now > NAP:
            clock.sleep(self._due - now)
            now = clock.monotonic()
        self._due = max(self._due, now - NAP) + self._pause
