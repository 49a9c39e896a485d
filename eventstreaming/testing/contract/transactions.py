"""The caller's transaction: all of what it wrote, or nothing."""

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import (
    LeaseInTransaction,
    LeaseLost,
    WrongExpectedVersion,
)
from eventstreaming.testing.contract.case import LONG, SHORT, ContractCase
from eventstreaming.types import NO_STREAM, EventData


class Undone(Exception):
    """Raised by a test to roll its transaction back."""


class TransactionContract(ContractCase):
    """What is written takes part in the transaction it is written in."""

    def test_commit_makes_all_visible(self) -> None:
        self.requires("supports_transactions")
        with self.atomic():
            self.append_numbers(1)
            self.enqueue_numbers(1)
        self.assert_numbers(self.store.read_stream(self.stream), 1)
        self.lease()

    def test_rollback_leaves_nothing(self) -> None:
        self.requires("supports_transactions")
        with self.assertRaises(Undone), self.atomic():
            self.append_numbers(1, 2)
            self.store.create_stream(f"{self.stream}-2")
            self.enqueue_numbers(1)
            raise Undone
        self.assertFalse(self.store.stream_info(self.stream).exists)
        self.assertFalse(self.store.stream_info(f"{self.stream}-2").exists)
        self.assertEqual(list(self.store.read_category(self.stream)), [])
        self.assert_nothing_ready()
        (event,) = self.append_numbers(3)
        self.assertEqual(event.offset, 0)

    def test_rollback_to_a_savepoint_leaves_what_was_before(self) -> None:
        self.requires("supports_transactions")
        with self.atomic():
            self.append_numbers(1)
            with self.assertRaises(Undone), self.atomic():
                self.append_numbers(2)
                self.enqueue_numbers(2)
                raise Undone
            self.append_numbers(3)
            self.enqueue_numbers(3)
        events = list(self.store.read_stream(self.stream))
        self.assert_numbers(events, 1, 3)
        self.assertEqual([event.offset for event in events], [0, 1])
        self.assertEqual(self.lease().data, {"number": 3})

    def test_transaction_sees_its_own_events(self) -> None:
        self.requires("supports_transactions")
        with self.atomic():
            written = self.append_numbers(1, 2)
            self.assertEqual(list(self.store.read_stream(self.stream)), written)
            self.assertEqual(list(self.store.read_category(self.stream)), written)
            start = written[0].position
            self.assertEqual(list(self.store.read_all(start)), written)
            self.assertEqual(self.store.stream_info(self.stream).length, 2)

    def test_others_see_nothing_before_the_commit(self) -> None:
        self.requires("supports_transactions")
        stream, queue = self.stream, self.queue

        def look(store: BaseEventStore) -> tuple[int, int, bool]:
            return (
                len(list(store.read_stream(stream))),
                len(list(store.read_category(stream))),
                store.dequeue(queue, SHORT) is not None,
            )

        with self.atomic():
            self.append_numbers(1, 2)
            self.enqueue_numbers(1)
            self.assertEqual(self.in_thread(look), (0, 0, False))
        self.assertEqual(self.in_thread(look), (2, 2, True))

    def test_reader_waits_for_a_lower_position(self) -> None:
        self.requires("supports_transactions")
        self.requires("supports_concurrent_writers")
        category = self.new_name()
        slow, fast = f"{category}-slow", f"{category}-fast"

        def append_fast(store: BaseEventStore) -> None:
            store.append(fast, EventData("Counted", {"number": 2}))

        def read(store: BaseEventStore) -> list[int]:
            return [event.data["number"] for event in store.read_category(category)]

        with self.atomic():
            self.append_numbers(1, stream=slow)
            self.in_thread(append_fast)
            self.assertEqual(self.in_thread(read), [])
        self.assertEqual(self.in_thread(read), [1, 2])

    def test_conflict_leaves_the_transaction_usable(self) -> None:
        self.requires("supports_transactions")
        self.append_numbers(1)
        with self.atomic():
            with self.assertRaises(WrongExpectedVersion):
                self.store.append(
                    self.stream, EventData("Noted", {}), expected_version=NO_STREAM
                )
            self.append_numbers(2)
        self.assert_numbers(self.store.read_stream(self.stream), 1, 2)

    def test_lost_lease_leaves_the_transaction_usable(self) -> None:
        self.requires("supports_transactions")
        self.enqueue_numbers(1)
        message = self.lease()
        message.nack(delay=0)
        with self.atomic():
            with self.assertRaises(LeaseLost):
                message.acknowledge()
            self.append_numbers(2)
        self.assert_numbers(self.store.read_stream(self.stream), 2)

    def test_dequeue_in_a_transaction_is_refused(self) -> None:
        self.requires("supports_transactions")
        self.enqueue_numbers(1)
        with self.atomic():
            with self.assertRaises(LeaseInTransaction) as caught:
                self.store.dequeue(self.queue)
            self.assertEqual(caught.exception.stream_name, self.queue)
            with self.assertRaises(LeaseInTransaction):
                self.store.dequeue_many(self.queue, 1)
            self.append_numbers(1)
        self.assertEqual(self.lease().deliveries, 1)

    def test_pop_joins_the_transaction(self) -> None:
        self.requires("supports_transactions")
        (number,) = self.enqueue_numbers(1)
        with self.assertRaises(Undone), self.atomic():
            self.assertIsNotNone(self.store.pop(self.queue))
            raise Undone
        with self.atomic():
            message = self.store.pop(self.queue)
        self.assertEqual(message and message.message_id, number)
        self.assertIsNone(self.store.pop(self.queue))

    def test_rollback_takes_decisions_back(self) -> None:
        self.requires("supports_transactions")
        self.enqueue_numbers(1, 2)
        acknowledged, returned = self.store.dequeue_many(self.queue, 2, LONG)
        with self.assertRaises(Undone), self.atomic():
            acknowledged.acknowledge()
            returned.nack(dead_letter=True)
            raise Undone
        info = self.store.queue_info(self.queue)
        self.assertEqual((info.in_flight, info.dead), (2, 0))
        acknowledged.acknowledge()
        returned.acknowledge()

    def test_message_atomic_commits_writes_and_acknowledge(self) -> None:
        self.requires("supports_transactions")
        self.enqueue_numbers(1)
        message = self.lease()
        with message.atomic():
            self.append_numbers(1)
            self.enqueue_numbers(2)
        self.assert_numbers(self.store.read_stream(self.stream), 1)
        self.assertEqual(self.lease().data, {"number": 2})
        self.assert_nothing_ready()

    def test_message_atomic_that_raises_rolls_back_and_keeps_the_lease(self) -> None:
        self.requires("supports_transactions")
        self.enqueue_numbers(1)
        message = self.lease()
        with self.assertRaises(Undone), message.atomic():
            self.append_numbers(1)
            raise Undone
        self.assertFalse(self.store.stream_info(self.stream).exists)
        self.assert_nothing_ready()
        message.acknowledge()

    def test_message_atomic_with_a_lost_lease_rolls_back(self) -> None:
        self.requires("supports_transactions")
        self.enqueue_numbers(1)
        former = self.lease(SHORT)
        self.advance(SHORT + 0.05)
        holder = self.lease_when_due()
        with self.assertRaises(LeaseLost), former.atomic():
            self.append_numbers(1)
        self.assertFalse(self.store.stream_info(self.stream).exists)
        holder.acknowledge()
