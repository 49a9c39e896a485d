"""Steps of time, transactions and crashes."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.statemachine.machine import TICK, Machine


class TimeRules(Machine):
    """Time passes, the caller commits or rolls back, the process dies."""

    def __init__(self) -> None:
        super().__init__()
        # For each open block: how many steps it lasts, and whether it commits.
        self.endings: list[tuple[int, bool]] = []

    @precondition(lambda self: not self.blocks)
    @rule(ticks=st.integers(1, 2))
    def let_time_pass(self, ticks: int) -> None:
        self.advance(ticks * TICK)

    @precondition(
        lambda self: self.store.supports_transactions and len(self.blocks) < 2
    )
    @rule(steps=st.integers(1, 4), well=st.booleans())
    def begin_a_transaction(self, steps: int, well: bool) -> None:
        """Open a block for some steps; then it commits, or rolls back."""
        self.begin()
        self.endings.append((steps + 1, well))

    @invariant()
    def blocks_end_in_time(self) -> None:
        self.endings = [(steps - 1, well) for steps, well in self.endings]
        while self.endings and self.endings[-1][0] <= 0:
            _, well = self.endings.pop()
            if well:
                self.commit()
            else:
                self.roll_back()

    @precondition(lambda self: self.blocks)
    @rule()
    def crash(self) -> None:
        """The server ends what was open; leases stay until their time is up."""
        self.subject.lose_connection()
        self.endings.clear()
        while self.blocks:
            self.roll_back()
