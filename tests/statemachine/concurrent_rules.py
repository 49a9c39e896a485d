"""Steps on a concurrent stream, whose offsets are positions."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from eventstreaming.exceptions import StreamKindConflict
from eventstreaming.types import ANY_VERSION
from tests.statemachine.log_model import ModelEvent, NewEvents, described
from tests.statemachine.stream_rules import StreamRules, data_of, keys, types


class ConcurrentRules(StreamRules):
    """It stands among the others in the order of all, and takes no version."""

    # Its own transaction's events are above the fence, which no model knows.
    @precondition(lambda self: self.store.supports_concurrent_streams)
    @precondition(lambda self: not self.blocks)
    @rule(
        kinds=types.filter(bool),
        key=keys,
        expected=st.sampled_from([ANY_VERSION, ANY_VERSION, 0]),
        start=st.integers(0, 3),
    )
    def append_to_a_concurrent_stream(
        self, kinds: list[str], key: str | None, expected: int, start: int
    ) -> None:
        name = self.stream_names[2].replace("right", "wide")
        known = [event for event in self.model.log.events if event.stream == name]
        self.store.create_stream(name, concurrent=True)
        new = NewEvents(name, [(kind, next(self.numbers)) for kind in kinds])

        def store() -> list[tuple[str, object]]:
            written = self.store.append(
                name, data_of(new), expected_version=expected, key=key
            )
            for event in written:
                assert event.offset == event.position
                self.event_ids[event.position] = event.event_id
                added.append(
                    ModelEvent(
                        name,
                        event.offset,
                        event.event_type,
                        event.data["number"],
                        event.key,
                        event.position,
                    )
                )
            return [(event.event_type, event.data["number"]) for event in written]

        def model() -> list[tuple[str, object]]:
            if expected is not ANY_VERSION:
                raise StreamKindConflict(name, "")
            self.reached["concurrent"] += 1
            return list(new.events)

        added: list[ModelEvent] = []
        last = max((event.position for event in self.model.log.events), default=0)
        self.agree(store, model)
        positions = [event.position for event in added]
        assert positions == sorted(set(positions))
        assert all(position > last for position in positions)
        self.model.log.events += added
        wanted = [*known, *added][start:]
        found = self.store.read_stream(name, wanted[0].offset if wanted else None)
        if wanted:
            assert [described(event) for event in found] == [
                event.describe() for event in wanted
            ]
