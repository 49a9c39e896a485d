"""Steps that are asked for again under the same key, and happen once."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from eventstreaming.exceptions import IdempotencyConflict
from eventstreaming.types import EnqueuedId
from tests.statemachine.log_model import NewEvents
from tests.statemachine.queue_rules import QueueRules, queues
from tests.statemachine.stream_rules import StreamRules, data_of

keys = st.sampled_from(["a", "a", "b"])
is_kept = precondition(lambda self: self.store.supports_idempotency)


class OnceRules(StreamRules, QueueRules):
    """The first call counts; another one under its key is refused."""

    @is_kept
    @rule(queue=queues, key=keys, number=st.sampled_from([-1, -1, -2]))
    def enqueue_once(self, queue: int, key: str, number: int) -> None:
        name, known = self.queue_names[queue], self.model.queues.once

        found: list[EnqueuedId] = []

        def store() -> tuple[bool, str]:
            found.append(
                self.store.enqueue(name, {"number": number}, idempotency_key=key)
            )
            return found[0].created, "" if found[0].created else str(found[0])

        def model() -> tuple[bool, str]:
            if (name, key) not in known:
                return True, ""
            number_of_first, first = known[name, key]
            if number_of_first != number:
                raise IdempotencyConflict(name, key)
            self.reached["enqueued once"] += 1
            return False, first

        self.agree(store, model)
        if found and found[0].created:
            self._put(name, int(found[0]), number)
            known[name, key] = number, str(found[0])

    @is_kept
    @rule(stream=st.sampled_from([0, 0, 1]), key=keys, count=st.sampled_from([1, 1, 2]))
    def append_once(self, stream: int, key: str, count: int) -> None:
        name, log = self.stream_names[stream], self.model.log
        if name in log.deleted or log.first.get(name, 0):
            return  # what is not kept is no result: see the contract
        events = [("Made", -number) for number in range(1, count + 1)]
        new = NewEvents(name, events)
        place = name, key
        if place not in log.once:
            self._write(
                [new],
                lambda: [self.store.append(name, data_of(new), idempotency_key=key)],
            )
            log.once[place] = log.streams[name][-count:]
            return

        def again() -> list[tuple[int, int]]:
            found = self.store.append(name, data_of(new), idempotency_key=key)
            return [(event.offset, event.position) for event in found]

        def first() -> list[tuple[int, int]]:
            if len(log.once[place]) != count:
                raise IdempotencyConflict(name, key)
            self.reached["appended once"] += 1
            return [(event.offset, event.position) for event in log.once[place]]

        self.agree(again, first)
