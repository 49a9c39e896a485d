"""How often an idle runner looks: soon at first, then seldom, never in step."""

from eventstreaming import clock

SHORTEST, LONGEST = 0.02, 1.0  # seconds
BATCH_LONGEST = 0.1  # while draining, where waiting only costs time


class Polling:
    """The pauses of one runner."""

    def __init__(self, longest: float = LONGEST) -> None:
        self.longest = longest
        self._pause = SHORTEST

    def busy(self) -> None:
        """Start again with short pauses."""
        self._pause = SHORTEST

    def pause(self) -> float:
        """Return the next pause; jitter keeps many workers from looking at once."""
        pause = self._pause * (0.75 + clock.random() / 2)
        self._pause = min(self._pause * 1.5, self.longest)
        return pause
