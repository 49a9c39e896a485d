"""Whether a control loop turns."""

from math import inf

from eventstreaming import clock


class Pulse:
    """
    Tells a loop that rests from one that hangs.

    The loop says for how long it is going to rest at most; it is late when it has
    not come back by then.
    """

    def __init__(self) -> None:
        self.has_begun = False
        self._due = inf

    def begin(self) -> None:
        """Note that the loop turns, and may not be back for any time."""
        self.has_begun = True

    def rest(self, seconds: float) -> None:
        """Note that the loop will come back in so many seconds at most."""
        self.has_begun = True
        self._due = clock.monotonic() + seconds

    def end(self) -> None:
        """Note that the loop has ended, which is no hanging."""
        self._due = inf

    def seconds_late(self) -> float:
        """Return how long the loop has been expected."""
        return max(0.0, clock.monotonic() - self._due)
