"""Steps that loop over a queue."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.statemachine.queue_rules import QueueRules, queues


class ConsumeRules(QueueRules):
    """Each message is acknowledged by the next, or by the end of the block."""

    @precondition(lambda self: not self.blocks)
    @rule(
        queue=queues,
        limit=st.integers(1, 3),
        interrupted=st.sampled_from([False, False, True]),
    )
    def consume(self, queue: int, limit: int, interrupted: bool) -> None:
        name, model = self.queue_names[queue], self.model.queues
        last, consumed = None, 0
        try:
            with self.store.consume(name, limit=limit) as messages:
                for message in messages:
                    if last is not None:
                        del model.live[last.id]
                    (last,) = model.dequeue(name, 1, None, self.now)
                    self._compare(message, last)
                    self.leases.append(message)
                    consumed += 1
                    self.reached["consumed"] += 1
                    if interrupted:
                        raise KeyboardInterrupt
        except KeyboardInterrupt:
            assert last is not None
            last.leased_until = None
            last.deliveries -= 1
            return
        if last is not None:
            del model.live[last.id]
        if consumed < limit:  # it ended by a look at the queue
            assert model.dequeue(name, 1, None, self.now) == []
