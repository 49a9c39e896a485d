"""When a child that died is started again."""

STABLE_SECONDS = 10.0  # one that lived for longer did not die at once
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds


class Backoff:
    """The pauses before restarts: none at first, then longer and longer."""

    def __init__(self) -> None:
        self._pause = 0.0

    def after(self, lived: float) -> float:
        """Return the pause after a death at the age of `lived` seconds."""
        if lived >= STABLE_SECONDS:
            self._pause = 0.0
        pause = self._pause
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        return pause
