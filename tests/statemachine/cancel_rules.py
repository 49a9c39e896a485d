"""Steps that cancel a message, whoever holds it."""

from hypothesis.stateful import precondition, rule

from eventstreaming.exceptions import MessageNotFound
from tests.statemachine.lease_rules import LeaseRules, Pick, answering, mostly


class CancelRules(LeaseRules):
    """A message that nobody holds dies at once, a held one when it comes back."""

    @precondition(lambda self: self.leases)
    @rule(pick=answering, own_queue=mostly)
    def cancel_a_delivered_one(self, pick: Pick, own_queue: bool) -> None:
        lease = self._pick(pick)
        self._cancel(self._queue(lease, own_queue), int(lease.message_id))

    @precondition(lambda self: self.model.queues.live)
    @rule(pick=answering)
    def cancel(self, pick: Pick) -> None:
        messages = sorted(self.model.queues.live.values(), key=lambda m: m.id)
        chosen = messages[pick[1] % len(messages)]
        self._cancel(chosen.queue, chosen.id)

    def _cancel(self, queue: str, number: int) -> None:
        def model() -> bool:
            message = self.model.queues.find(queue, number)
            if message is None:
                raise MessageNotFound(queue, str(number))
            died = self.model.queues.cancel(message, self.now)
            self.reached["cancelled" if died else "cancelled while held"] += 1
            return died

        self.agree(lambda: self.store.cancel(queue, str(number)), model)
