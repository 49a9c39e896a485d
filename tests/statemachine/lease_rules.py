"""Steps of those who hold a lease, or held one once."""

from copy import deepcopy

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from eventstreaming.exceptions import InvalidValue, LeaseLost, MessageNotFound
from eventstreaming.types import Message
from tests.statemachine.machine import HALF, TICK
from tests.statemachine.queue_model import ModelMessage
from tests.statemachine.queue_rules import QueueRules, queues
from tests.statemachine.stream_rules import StreamRules

# Whose answer it is: the holder's, a former holder's, or anybody's; and which one.
answering = st.tuples(
    st.sampled_from(["holder", "holder", "former", "anybody"]), st.integers(0, 30)
)
Pick = tuple[str, int]
several = st.lists(answering, max_size=3)
timeouts = st.sampled_from([HALF, 3 * HALF])


mostly = st.sampled_from([True, True, True, False])
is_any_leased = precondition(lambda self: self.leases)


class LeaseRules(StreamRules, QueueRules):
    """Answers to a delivery: in time, late, twice, or to another's message."""

    @is_any_leased
    @rule(pick=answering, own_queue=mostly, fenced=mostly)
    def acknowledge(self, pick: Pick, own_queue: bool, fenced: bool) -> None:
        lease = self._pick(pick)
        queue, number = self._queue(lease, own_queue), int(lease.message_id)

        def store() -> bool:
            receipt = lease.receipt if fenced else None
            return self.store.acknowledge(queue, lease.message_id, receipt=receipt)

        def model() -> bool:
            if fenced:
                self.model.queues.held(queue, number, lease.fencing_token)
            elif self.model.queues.find(queue, number) is None:
                return False
            del self.model.queues.live[number]
            return True

        self.agree(store, model)

    @precondition(lambda self: not self.blocks)
    @rule(queue=queues)
    def acknowledge_too_late(self, queue: int) -> None:
        """Most often somebody else has the message by then."""
        delivered = len(self.leases)
        self.dequeue(queue, HALF)
        self.advance(TICK)
        self.dequeue_many(queue, 4, HALF)
        for lease in self.leases[delivered : delivered + 1]:
            self.agree(lease.acknowledge, lambda lease=lease: self._remove(lease))

    @is_any_leased
    @rule(pick=answering, other=answering)
    def answer_with_a_foreign_receipt(self, pick: Pick, other: Pick) -> None:
        lease, receipt = self._pick(pick), self._pick(other).receipt
        if receipt.startswith(f"{lease.message_id}:"):
            return
        key = lease.stream_name, lease.message_id

        def model() -> None:
            raise InvalidValue("receipt", "belongs to another message")

        self.agree(lambda: self.store.acknowledge(*key, receipt=receipt), model)
        self.agree(lambda: self.store.nack(*key, receipt=receipt), model)
        self.agree(
            lambda: self.store.extend_visibility(*key, HALF, receipt=receipt), model
        )

    @is_any_leased
    @rule(picks=several)
    def acknowledge_many(self, picks: list[Pick]) -> None:
        queue = self.queue_names[0]
        messages = [m for m in map(self._pick, picks) if m.stream_name == queue]
        held, lost = self._part(messages)
        for number in held:
            del self.model.queues.live[number]
        assert self.store.acknowledge_many(queue, messages) == lost

    @is_any_leased
    @rule(
        pick=answering,
        delay=st.sampled_from([0, 0, HALF]),
        own_queue=mostly,
        fenced=mostly,
        max_attempts=st.sampled_from([None, None, None, 2]),
    )
    def nack(
        self,
        pick: Pick,
        delay: float,
        own_queue: bool,
        fenced: bool,
        max_attempts: int | None,
    ) -> None:
        lease = self._pick(pick)
        queue = self._queue(lease, own_queue)
        self._nack(lease, queue, delay, fenced=fenced, max_attempts=max_attempts)

    @is_any_leased
    @rule(pick=answering)
    def reject(self, pick: Pick) -> None:
        lease = self._pick(pick)
        self._nack(lease, lease.stream_name, None, dead_letter=True)

    @precondition(lambda self: self.leases and not self.blocks)
    @rule(pick=answering)
    def nack_and_wait_for_the_backoff(self, pick: Pick) -> None:
        lease = self._pick(pick)
        self._nack(lease, lease.stream_name, None)
        self.advance(TICK)

    @is_any_leased
    @rule(pick=answering, timeout=timeouts)
    def extend(self, pick: Pick, timeout: float) -> None:
        lease = self._pick(pick)

        def store() -> bool:
            return self.is_near(lease.extend(timeout), timeout)

        def model() -> bool:
            self._find(lease).leased_until = self.now + timeout
            return True

        self.agree(store, model)

    @is_any_leased
    @rule(picks=several, timeout=timeouts)
    def extend_many(self, picks: list[Pick], timeout: float) -> None:
        messages = [self._pick(pick) for pick in picks]
        held, lost = self._part(messages)
        for known in held.values():
            known.leased_until = self.now + timeout
        assert self.store.extend_many(messages, timeout) == lost

    @is_any_leased
    @rule(picks=several)
    def release(self, picks: list[Pick]) -> None:
        messages = [self._pick(pick) for pick in picks]
        self.store.release(messages)
        held, _ = self._part(messages)
        for known in held.values():
            known.leased_until = None
            known.deliveries -= 1

    @is_any_leased
    @rule(pick=answering, stream=st.integers(0, 2), fail=st.booleans())
    def handle_in_a_transaction(self, pick: Pick, stream: int, fail: bool) -> None:
        """What a handler appends and its acknowledge are one."""
        lease = self._pick(pick)
        before = deepcopy(self.model)

        def store() -> bool:
            try:
                with lease.atomic():
                    self.append(stream, ["Done"], "any", None)
                    if fail:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                return False
            return True

        def model() -> bool:
            kept = self.model
            if self.store.supports_transactions:
                self.model = before
            if fail:
                return False
            self._find(lease)
            self.model = kept
            self._remove(lease)
            return True

        self.agree(store, model)

    def _nack(
        self,
        lease: Message,
        queue: str,
        delay: float | None,
        *,
        fenced: bool = True,
        dead_letter: bool = False,
        max_attempts: int | None = None,
    ) -> None:
        number = int(lease.message_id)
        error = f"error {next(self.numbers)}"

        def store() -> bool:
            return self.store.nack(
                queue,
                lease.message_id,
                receipt=lease.receipt if fenced else None,
                delay=delay,
                error=error,
                dead_letter=dead_letter,
                max_attempts=max_attempts,
            )

        def model() -> bool:
            if fenced:
                message = self.model.queues.held(queue, number, lease.fencing_token)
            elif (found := self.model.queues.find(queue, number)) is None:
                raise MessageNotFound(queue, lease.message_id)
            else:
                message = found
            alive = self.model.queues.nack(
                message,
                self.now + (HALF if delay is None else delay),
                error=error,
                dead_letter=dead_letter,
                max_attempts=max_attempts,
            )
            self.reached["retried" if alive else "died"] += 1
            return alive

        self.agree(store, model)

    def _pick(self, pick: Pick) -> Message:
        """Return a delivery of the kind that is asked for, if there is one."""
        kind, number = pick
        _, lost = self._part(self.leases)
        live = self.model.queues.live
        kinds = {
            "holder": [m for m in self.leases if m not in lost],
            "former": [m for m in lost if int(m.message_id) in live],
        }
        found = kinds.get(kind) or self.leases
        return found[number % len(found)]

    def _queue(self, lease: Message, own: bool) -> str:
        """Return the name of the delivery's queue, or that of the other one."""
        return next(n for n in self.queue_names if (n == lease.stream_name) == own)

    def _find(self, lease: Message) -> ModelMessage:
        """Return the message of a lease that is good, or raise."""
        return self.model.queues.held(
            lease.stream_name, int(lease.message_id), lease.fencing_token
        )

    def _remove(self, lease: Message) -> None:
        del self.model.queues.live[self._find(lease).id]

    def _part(
        self, leases: list[Message]
    ) -> tuple[dict[int, ModelMessage], list[Message]]:
        """Part deliveries into messages that are held, and lost deliveries."""
        held, lost = {}, []
        for lease in leases:
            try:
                message = self._find(lease)
            except LeaseLost:
                lost.append(lease)
            else:
                held[message.id] = message
        return held, lost
