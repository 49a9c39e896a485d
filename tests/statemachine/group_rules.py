"""Steps with messages that depend on others: groups and duplicates."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.statemachine.machine import HALF
from tests.statemachine.queue_rules import QueueRules, queues

keys = st.sampled_from(["ann", "ann", "bob"])


class GroupRules(QueueRules):
    """In order within a group; once while the first one lives."""

    @precondition(lambda self: self.store.supports_groups)
    @rule(queue=queues, key=keys, count=st.integers(1, 3))
    def enqueue_to_a_group(self, queue: int, key: str, count: int) -> None:
        name = self.queue_names[queue]
        numbers = [next(self.numbers) for _ in range(count)]
        messages = [{"number": number} for number in numbers]
        ids = self.store.enqueue_many(name, messages, group_key=key)
        for message_id, number in zip(ids, numbers, strict=True):
            self._put(name, int(message_id), number, group=key)

    @precondition(lambda self: self.store.supports_deduplication)
    @rule(queue=queues, key=keys, delay=st.sampled_from([None, HALF]))
    def enqueue_once(self, queue: int, key: str, delay: float | None) -> None:
        name, number = self.queue_names[queue], next(self.numbers)
        message_id = self.store.enqueue(
            name, {"number": number}, deduplication_key=key, delay=delay
        )
        living = [m for m in self.model.queues.of(name) if m.deduplication == key]
        assert message_id.created == (not living)
        if living:
            assert [str(message.id) for message in living] == [message_id]
            self.reached["duplicates"] += 1
        else:
            self._put(name, int(message_id), number, delay=delay, deduplication=key)
