"""Steps that append at the end of a block."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from eventstreaming.types import StoredEvent
from tests.statemachine.stream_rules import (
    StreamRules,
    believed,
    data_of,
    keys,
    streams,
    types,
)

parts = st.lists(
    st.tuples(streams, types.filter(bool), believed, keys), min_size=1, max_size=3
)


class DeferringRules(StreamRules):
    """They are written in the order of the names, all or none."""

    @rule(parts=parts)
    def append_at_the_end_of_a_block(
        self, parts: list[tuple[int, list[str], str, str | None]]
    ) -> None:
        new = [self._new(*part) for part in parts]
        lasts = {n.stream: self.model.log.last(n.stream) for n in new}

        def write() -> list[list[StoredEvent]]:
            with self.store.deferred_appends() as later:
                for n in new:
                    later.append(
                        n.stream, data_of(n), expected_version=n.expected, key=n.key
                    )
            written = {
                name: self.store.read_stream(name, last + 1)
                for name, last in lasts.items()
            }
            self.reached["deferred"] += 1
            return [[next(written[n.stream]) for _ in n.events] for n in new]

        self._write(new, write)

    @rule(parts=parts)
    def give_up_a_block(
        self, parts: list[tuple[int, list[str], str, str | None]]
    ) -> None:
        """What it collected is written nowhere."""
        try:
            with self.store.deferred_appends() as later:
                for part in parts:
                    n = self._new(*part)
                    later.append(n.stream, data_of(n), expected_version=n.expected)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
