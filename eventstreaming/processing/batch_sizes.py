"""How many events a subscription takes at once."""

FIRST, LARGEST = 100, 2_000
SHORT = 0.05  # seconds


class BatchSize:
    """
    The size that was asked for, or one that grows while batches take no time.

    What a batch costs in itself is shared by more events then. Where they are large,
    or their handlers take their time, few are read that are not handled.
    """

    def __init__(self, asked: int | None, *, grows: bool = True) -> None:
        self.now = FIRST if asked is None else asked
        self._grows = grows and asked is None

    def note(self, handled: int, seconds: float) -> None:
        """Learn from a batch."""
        if not self._grows:
            return
        if seconds > SHORT:
            self.now = max(self.now // 2, FIRST)
        elif handled >= self.now:
            self.now = min(self.now * 2, LARGEST)
