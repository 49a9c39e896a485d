"""Idempotent enqueues: the same key again returns the first message's id."""

from datetime import timedelta

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import IdempotencyConflict
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.types import EnqueuedId, EventData


class EnqueueOnceContract(ContractCase):
    """A call that is repeated enqueues nothing, whatever became of the message."""

    def setUp(self) -> None:
        super().setUp()
        self.part_requires(EnqueueOnceContract, "supports_idempotency")

    def ask(self, key: str = "a", *, number: int = 1) -> EnqueuedId:
        return self.store.enqueue(self.queue, {"number": number}, idempotency_key=key)

    def test_enqueue_that_is_repeated_returns_the_first_id(self) -> None:
        first = self.ask()
        again = self.ask()
        self.assertEqual(again, first)
        self.assertEqual((first.created, again.created), (True, False))
        self.assertEqual(self.store.queue_info(self.queue).ready, 1)

    def test_enqueue_key_outlives_its_message(self) -> None:
        first = self.ask()
        self.lease().acknowledge()
        self.assertEqual(self.ask(), first)
        self.assert_nothing_ready()

    def test_enqueue_key_with_another_message_is_a_conflict(self) -> None:
        self.ask(number=1)
        with self.assertRaises(IdempotencyConflict) as caught:
            self.ask(number=2)
        self.assertEqual(caught.exception.stream_name, self.queue)
        self.assertEqual(caught.exception.key, "a")
        with self.assertRaises(IdempotencyConflict):
            self.store.enqueue(
                self.queue, EventData("Typed", {"number": 1}), idempotency_key="a"
            )
        self.assertEqual(self.store.queue_info(self.queue).ready, 1)

    def test_enqueue_keys_of_queues_and_streams_do_not_mix(self) -> None:
        other = self.new_name()
        self.ask("a")
        self.assertTrue(self.ask("b").created)
        self.assertTrue(self.store.enqueue(other, {}, idempotency_key="a").created)
        event = EventData("Noted", {})
        (stored,) = self.store.append(self.queue, [event], idempotency_key="a")
        self.assertEqual(stored.offset, 0)

    def test_enqueue_key_remembers_a_living_duplicate(self) -> None:
        self.requires("supports_deduplication")
        first = self.store.enqueue(self.queue, {"n": 1}, deduplication_key="one")
        again = self.store.enqueue(
            self.queue, {"n": 1}, deduplication_key="one", idempotency_key="a"
        )
        self.assertEqual((again, again.created), (first, False))
        self.lease().acknowledge()
        found = self.store.enqueue(self.queue, {"n": 1}, idempotency_key="a")
        self.assertEqual((found, found.created), (first, False))

    def test_enqueue_key_is_forgotten_when_it_is_old(self) -> None:
        first = self.ask()
        self.advance(0.05)
        forgotten = self.store.forget_idempotency_keys(timedelta(seconds=0.02), 10)
        self.assertGreaterEqual(forgotten, 1)
        second = self.ask()
        self.assertTrue(second.created)
        self.assertNotEqual(second, first)

    def test_one_of_many_enqueues_with_a_key_is_the_first(self) -> None:
        queue = self.queue

        def enqueue(store: BaseEventStore) -> EnqueuedId:
            return store.enqueue(queue, {}, idempotency_key="a")

        ids = self.in_threads(*[enqueue] * 4)
        self.assertEqual(len(set(ids)), 1)
        self.assertEqual(sum(found.created for found in ids), 1)

    def test_rollback_forgets_the_enqueue_key(self) -> None:
        self.requires("supports_transactions")
        with self.assertRaises(ZeroDivisionError), self.atomic():
            self.ask()
            raise ZeroDivisionError
        self.assertTrue(self.ask().created)
