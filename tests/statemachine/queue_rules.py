"""Steps on queues: what goes in, and how it comes out."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
)

from eventstreaming.exceptions import LeaseInTransaction
from eventstreaming.types import Message
from tests.statemachine.machine import HALF, NEAR, TICK, Machine
from tests.statemachine.queue_model import ModelMessage

queues = st.sampled_from([0, 0, 0, 1])  # one of them has most of the messages
options = {
    "delay": st.sampled_from([None, None, None, 0, HALF]),
    "priority": st.sampled_from([0, 0, 0, 1, -1]),
    "expires_in": st.sampled_from([None, None, None, None, 0, 3 * HALF]),
}
timeouts = st.sampled_from([None, HALF, 3 * HALF])


class QueueRules(Machine):
    """Enqueueing, leasing, popping and counting."""

    @initialize(count=st.integers(1, 5))
    def begin_with_messages(self, count: int) -> None:
        for _ in range(count):
            self.enqueue(0, delay=None, priority=0, expires_in=None)

    @rule(queue=queues, **options)
    def enqueue(self, queue: int, **asked: Any) -> None:
        name, number = self.queue_names[queue], next(self.numbers)
        key = self.store.enqueue(name, {"number": number}, **asked)
        assert key.created
        self._put(name, int(key), number, **asked)

    @rule(queue=queues, count=st.integers(0, 5), **options)
    def enqueue_many(self, queue: int, count: int, **asked: Any) -> None:
        name = self.queue_names[queue]
        numbers = [next(self.numbers) for _ in range(count)]
        messages = [{"number": number} for number in numbers]
        keys = self.store.enqueue_many(name, messages, **asked)
        for key, number in zip(keys, numbers, strict=True):
            self._put(name, int(key), number, **asked)

    @rule(queue=queues, limit=st.integers(1, 4), timeout=timeouts)
    def dequeue_many(self, queue: int, limit: int, timeout: float | None) -> None:
        name = self.queue_names[queue]
        self._leased(
            lambda: self.store.dequeue_many(name, limit, timeout), name, limit, timeout
        )

    @rule(queue=queues, timeout=timeouts)
    def dequeue(self, queue: int, timeout: float | None) -> None:
        name = self.queue_names[queue]

        def dequeue() -> list[Message]:
            message = self.store.dequeue(name, timeout)
            return [] if message is None else [message]

        self._leased(dequeue, name, 1, timeout)

    @precondition(lambda self: not self.blocks)
    @rule(queue=queues, limit=st.integers(1, 4))
    def dequeue_when_leases_have_ended(self, queue: int, limit: int) -> None:
        self.advance(2 * TICK)
        self.dequeue_many(queue, limit, HALF)

    @rule(queue=queues, count=st.integers(1, 3))
    def pop(self, queue: int, count: int) -> None:
        name = self.queue_names[queue]
        for _ in range(count):
            message = self.store.pop(name)
            expected = self.model.queues.pop(name, self.now)
            if expected is None or message is None:
                assert expected is message
                return
            self._compare(message, expected)
            self.leases.append(message)

    @rule(queue=queues)
    def queue_info(self, queue: int) -> None:
        name = self.queue_names[queue]
        messages = self.model.queues.of(name)
        counts = self.model.queues.count(name, self.now)
        ages = [
            self.now - message.enqueued_at
            for message in messages
            if message.is_visible(self.now)
        ]
        for exact in (False, True):
            info = self.store.queue_info(name, exact=exact)
            assert (info.in_flight, info.dead) == (counts.in_flight, counts.dead)
            assert (info.depth, info.exact) == (len(messages), True)
            if any(message.group for message in messages):
                continue  # whether the next of a group is known to be so is no matter
            assert (info.ready, info.delayed) == (counts.ready, counts.delayed)
            assert (info.oldest_age is None) == (not ages)
            if info.oldest_age is not None:
                assert abs(info.oldest_age - max(ages)) < NEAR

    def compare_everything(self) -> None:
        super().compare_everything()
        for queue in range(len(self.queue_names)):
            self.queue_info(queue)
            self.dequeue_many(queue, 100, HALF)

    def _put(
        self,
        queue: str,
        key: int,
        number: int,
        *,
        delay: float | None = None,
        priority: int = 0,
        expires_in: float | None = None,
        group: str | None = None,
        deduplication: str | None = None,
    ) -> None:
        self.model.queues.put(
            ModelMessage(
                id=key,
                queue=queue,
                number=number,
                priority=priority,
                enqueued_at=self.now,
                due_at=self.now + (delay or 0),
                expires_at=(
                    float("inf") if expires_in is None else self.now + expires_in
                ),
                group=group,
                deduplication=deduplication,
            )
        )

    def _leased(
        self, dequeue: Any, queue: str, limit: int, timeout: float | None
    ) -> None:
        messages: list[Message] = []
        expected: list[ModelMessage] = []

        def store() -> list[str]:
            messages.extend(dequeue())
            return [message.message_id for message in messages]

        def model() -> list[str]:
            if self.blocks:
                raise LeaseInTransaction(queue)
            found = self.model.queues.dequeue(queue, limit, timeout, self.now)
            expected.extend(found)
            return [str(message.id) for message in found]

        self.agree(store, model)
        self.reached["delivered"] += len(messages)
        for message, known in zip(messages, expected, strict=True):
            self.reached["delivered again"] += known.deliveries > 1
            self._compare(message, known)
            assert known.leased_until is not None
            assert self.is_near(message.visible_until, known.leased_until - self.now)
            assert self.is_near(message.enqueued_at, known.enqueued_at - self.now)
        self.leases += messages

    def _compare(self, message: Message, expected: ModelMessage) -> None:
        assert (
            message.stream_name,
            message.message_id,
            message.data,
            message.priority,
            message.fencing_token,
            message.deliveries,
            message.attempts,
        ) == (
            expected.queue,
            str(expected.id),
            {"number": expected.number},
            expected.priority,
            expected.token,
            expected.deliveries,
            expected.attempts,
        )
