"""What the checks ask of a history, worked out once."""

from functools import cached_property

from tests.history.log import Log
from tests.history.messages import Messages
from tests.history.operations import History


class Facts:
    """A history seen as messages, and as a log."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.final = history.final

    @cached_property
    def messages(self) -> Messages:
        return Messages(self.history)

    @cached_property
    def log(self) -> Log:
        return Log(self.history)

    def is_truncated(self, stream: str, offset: int) -> bool:
        """Say whether retention has removed a place."""
        return offset < self._first_offsets.get(stream, 0)

    @cached_property
    def _first_offsets(self) -> dict[str, int]:
        return {row.name: row.first_offset for row in self.final.streams}
