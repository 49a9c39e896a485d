"""Deduplication: while a message lives, another of its key is not enqueued."""

from functools import partial
from typing import Any

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import InvalidArgument, InvalidType, InvalidValue
from eventstreaming.testing.contract.case import LONG, SHORT, ContractCase
from eventstreaming.types import EnqueuedId


class DeduplicationContract(ContractCase):
    """The second enqueue returns the id of the first, which stays as it is."""

    def setUp(self) -> None:
        super().setUp()
        self.part_requires(DeduplicationContract, "supports_deduplication")

    def put_once(self, key: str = "a", *, number: int = 1) -> EnqueuedId:
        message = {"number": number}
        return self.store.enqueue(self.queue, message, deduplication_key=key)

    def test_duplicate_of_a_living_message_is_skipped(self) -> None:
        first = self.put_once(number=1)
        second = self.put_once(number=2)
        self.assertEqual(second, first)
        self.assertEqual((first.created, second.created), (True, False))
        self.assertEqual(self.lease().data, {"number": 1})
        self.assert_nothing_ready()

    def test_message_in_work_lives(self) -> None:
        first = self.put_once()
        message = self.lease()
        self.assertEqual(self.put_once(), first)
        message.nack(delay=LONG)
        self.assertEqual(self.put_once(), first)
        self.assertEqual(self.store.queue_info(self.queue).depth, 1)

    def test_key_is_free_when_the_message_is_gone(self) -> None:
        first = self.put_once()
        self.lease().acknowledge()
        second = self.put_once()
        self.assertTrue(second.created)
        self.assertNotEqual(second, first)
        self.lease().nack(dead_letter=True)
        third = self.put_once()
        self.assertTrue(third.created)
        self.store.purge(self.queue)
        self.assertTrue(self.put_once().created)

    def test_message_that_has_expired_does_not_live(self) -> None:
        options = partial(self.store.enqueue, self.queue, deduplication_key="a")
        first = options({"number": 1}, expires_in=SHORT)
        self.advance(SHORT + 0.05)
        second = options({"number": 2})
        self.assertTrue(second.created)
        self.assertNotEqual(second, first)
        self.assertEqual(self.lease().data, {"number": 2})

    def test_window_stays_open_when_the_message_is_gone(self) -> None:
        enqueue = partial(
            self.store.enqueue,
            self.queue,
            deduplication_key="a",
            deduplication_window=SHORT,
        )
        first = enqueue({"number": 1})
        self.lease().acknowledge()
        again = enqueue({"number": 2})
        self.assertEqual((again, again.created), (first, False))
        self.assert_nothing_ready()
        self.advance(SHORT + 0.05)
        third = enqueue({"number": 3})
        self.assertTrue(third.created)
        self.assertEqual(self.lease().data, {"number": 3})
        self.advance(SHORT + 0.05)
        fourth = enqueue({"number": 4})
        self.assertEqual((fourth, fourth.created), (third, False))

    def test_window_that_is_no_duration_or_has_no_key_is_refused(self) -> None:
        enqueue = partial(self.store.enqueue, self.queue, {})
        refused: list[tuple[Any, str | None, type[InvalidArgument]]] = [
            (60, None, InvalidValue),
            (-1, "a", InvalidValue),
            (8 * 86_400, "a", InvalidValue),
            ("60", "a", InvalidType),
        ]
        for given, key, error in refused:
            with self.assertRaises(error) as caught:
                enqueue(deduplication_key=key, deduplication_window=given)
            self.assertEqual(caught.exception.field, "deduplication_window")
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def test_keys_and_queues_do_not_mix(self) -> None:
        other = self.new_name()
        self.put_once("a")
        self.assertTrue(self.put_once("b").created)
        self.assertTrue(self.store.enqueue(other, {}, deduplication_key="a").created)
        self.assertTrue(self.store.enqueue(self.queue, {}).created)

    def test_dead_letter_that_comes_back_is_no_duplicate(self) -> None:
        self.put_once()
        self.lease().nack(dead_letter=True)
        self.put_once()
        self.assertEqual(self.store.redrive(self.queue), 1)
        self.assertEqual(self.store.queue_info(self.queue).ready, 2)

    def test_one_of_many_at_once_is_created(self) -> None:
        queue = self.queue

        def enqueue(store: BaseEventStore) -> EnqueuedId:
            return store.enqueue(queue, {}, deduplication_key="a")

        ids = self.in_threads(*[enqueue] * 4)
        self.assertEqual(sum(found.created for found in ids), 1)
        self.assertEqual(len(set(ids)), 1)

    def test_rollback_of_the_first_lets_the_second_in(self) -> None:
        self.requires("supports_transactions")
        with self.assertRaises(ZeroDivisionError), self.atomic():
            self.put_once()
            self.assertFalse(self.put_once().created)
            raise ZeroDivisionError
        self.assertTrue(self.put_once().created)

    def test_duplicate_leaves_the_callers_transaction_usable(self) -> None:
        self.requires("supports_transactions")
        self.put_once("a")
        with self.atomic():
            self.assertFalse(self.put_once("a").created)
            self.put_once("b")
        self.assertEqual(self.store.queue_info(self.queue).ready, 2)
