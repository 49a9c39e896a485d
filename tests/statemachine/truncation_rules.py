"""Steps that remove events: what is left, and what readers are told."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.statemachine.stream_rules import StreamRules, streams


class TruncationRules(StreamRules):
    """Truncating and deleting streams."""

    @precondition(lambda self: self.model.log.events)
    @rule(stream=streams, before=st.integers(0, 6))
    def truncate_stream(self, stream: int, before: int) -> None:
        name = self.stream_names[stream]
        self.reached["truncated"] += (
            self.agree(
                lambda: self.store.truncate_stream(name, before),
                lambda: self.model.log.truncate(name, before),
            )
            or 0
        )

    @precondition(lambda self: len(self.model.log.events) > 6)
    @rule()
    def delete_stream(self) -> None:
        name = self.stream_names[1]
        self.agree(
            lambda: self.store.delete_stream(name),
            lambda: self.model.log.delete(name),
        )
