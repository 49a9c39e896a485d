"""How often one looks who waits: soon at first, then seldom, never in step."""

from eventstreaming import clock

SHORTEST, LONGEST = 0.02, 1.0  # seconds
LONGEST_LIVE = 30.0  # where a listener looks for all
GROWTH, GROWTH_LIVE = 1.5, 4.0
OFTEN, OFTEN_FOR = 0.025, 0.15  # what follows a NOTIFY soon is not announced


class Polling:
    """The pauses of one who waits."""

    def __init__(
        self, longest: float | None = None, longest_live: float | None = None
    ) -> None:
        self.longest = LONGEST if longest is None else longest
        self._longest_live = LONGEST_LIVE if longest_live is None else longest_live
        self._pause = SHORTEST
        self._often_until = float("-inf")

    def busy(self) -> None:
        """Start again with short pauses."""
        self._pause = SHORTEST

    def rung(self) -> None:
        """Look often for a while: more may have come than was announced."""
        self._often_until = clock.monotonic() + OFTEN_FOR

    def pause(self, *, live: bool = False) -> float:
        """
        Return the next pause; jitter keeps many from looking at once.

        `live` says that news wakes: then it grows longer.
        """
        jitter = 0.75 + clock.random() / 2
        if clock.monotonic() < self._often_until:
            return OFTEN * jitter
        longest = self._longest_live if live else self.longest
        pause = min(self._pause, longest) * jitter
        growth = GROWTH_LIVE if live else GROWTH
        self._pause = min(self._pause * growth, longest)
        return pause
