"""What the runners of one worker share: when to stop, and when all is done."""

import threading


class Activity:
    """
    Tells a drained worker from a busy one.

    Each time a runner does something, the generation grows. A runner that
    looked and found nothing reports the generation from before its look. All
    is done when every runner's report is of the present generation: nothing
    happened since each of them found nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = 0
        self._idle_at: dict[str, int] = {}

    def join(self, runner: str) -> None:
        """Count a runner in."""
        with self._lock:
            self._idle_at[runner] = -1

    @property
    def generation(self) -> int:
        return self._generation

    def happened(self) -> None:
        """Report that something was done, or begun."""
        with self._lock:
            self._generation += 1

    def idle(self, runner: str, generation: int) -> None:
        """Report that a look begun at `generation` found nothing."""
        with self._lock:
            self._idle_at[runner] = generation

    def all_done(self) -> bool:
        """Say whether nothing is left to do for anyone."""
        with self._lock:
            return all(seen == self._generation for seen in self._idle_at.values())
