"""Steps of an operator: dead letters, redrive, purge."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.statemachine.lease_rules import LeaseRules, Pick, answering
from tests.statemachine.queue_rules import queues

limits = st.none() | st.integers(1, 3)


class OperatorRules(LeaseRules):
    """What is done to messages by somebody who holds no lease."""

    @rule(
        queue=queues,
        reason=st.sampled_from([None, None, "rejected", "max_attempts"]),
        limit=limits,
    )
    def dead_letters(self, queue: int, reason: str | None, limit: int | None) -> None:
        name = self.queue_names[queue]
        expected = [
            message
            for _, message in sorted(self.model.queues.dead.items(), reverse=True)
            if message.queue == name and reason in (None, message.reason)
        ]
        letters = self.store.dead_letters(name, reason=reason, limit=limit or 1_000)
        assert [
            (
                letter.message_id,
                letter.data,
                letter.priority,
                letter.deliveries,
                letter.attempts,
                letter.reason,
                letter.error if letter.reason != "max_deliveries" else "",
            )
            for letter in letters
        ] == [
            (
                str(message.id),
                {"number": message.number},
                message.priority,
                message.deliveries,
                message.attempts,
                message.reason,
                message.error,
            )
            for message in expected[:limit]
        ]

    @precondition(lambda self: self.model.queues.dead)
    @rule(queue=queues, limit=limits)
    def redrive(self, queue: int, limit: int | None) -> None:
        self._redrive(self.queue_names[queue], None, limit)

    @precondition(lambda self: self.leases)
    @rule(pick=answering)
    def reject_and_redrive(self, pick: Pick) -> None:
        """The message is back, and no receipt of before is worth anything."""
        self.reject(pick)
        self._redrive(self._pick(pick).stream_name, None, None)

    @precondition(lambda self: self.model.queues.dead)
    @rule(which=st.lists(st.integers(0, 3), min_size=1, max_size=3))
    def redrive_some(self, which: list[int]) -> None:
        """The ids of dead letters, of either queue, or of no message."""
        dead = sorted(self.model.queues.dead.values(), key=lambda m: m.id)
        ids = [dead[n].id if n < len(dead) else 10**15 + n for n in which]
        self._redrive(dead[which[0] % len(dead)].queue, ids, None)

    @precondition(lambda self: len(self.model.queues.dead) > 2)
    @rule(queue=queues, limit=limits)
    def discard(self, queue: int, limit: int | None) -> None:
        name = self.queue_names[queue]
        dead = self.model.queues.dead
        chosen = [n for n, message in sorted(dead.items()) if message.queue == name]
        for number in chosen[:limit]:
            del dead[number]
        assert self.store.discard(name, limit=limit) == len(chosen[:limit])

    @precondition(lambda self: len(self.model.queues.live) > 9)
    @rule(queue=queues)
    def purge(self, queue: int) -> None:
        name = self.queue_names[queue]
        assert self.store.purge(name) == self.model.queues.purge(name)

    def _redrive(self, queue: str, ids: list[int] | None, limit: int | None) -> None:
        asked = None if ids is None else map(str, ids)
        count = self.store.redrive(queue, asked, limit=limit)
        assert count == self.model.queues.redrive(queue, ids, limit, self.now)
        self.reached["redriven"] += count

    def compare_everything(self) -> None:
        super().compare_everything()
        for queue in range(len(self.queue_names)):
            self.dead_letters(queue, None, None)
