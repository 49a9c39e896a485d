"""Leases: who may still decide about a message, and who no longer may."""

from collections.abc import Callable
from datetime import timedelta

from eventstreaming.exceptions import LeaseLost
from eventstreaming.testing.contract.case import LONG, SHORT, ContractCase
from eventstreaming.types import Message

DECISIONS: dict[str, Callable[[Message], object]] = {
    "acknowledge": lambda message: message.acknowledge(),
    "nack": lambda message: message.nack(delay=0),
    "extend": lambda message: message.extend(LONG),
}


class LeaseContract(ContractCase):
    """A receipt is good until another has the message, and never after."""

    def lost_lease(self) -> tuple[Message, Message]:
        """Return the deliveries of one message to a former and a new holder."""
        self.enqueue_numbers(1)
        former = self.lease(SHORT)
        self.advance(SHORT + 0.05)
        return former, self.lease_when_due()

    def assert_lost(self, message: Message, reason: str) -> None:
        for name, decide in DECISIONS.items():
            with self.subTest(decision=name):
                with self.assertRaises(LeaseLost) as caught:
                    decide(message)
                self.assertEqual(caught.exception.reason, reason)
                self.assertEqual(caught.exception.stream_name, self.queue)
                self.assertEqual(caught.exception.message_id, message.message_id)
        messages = [message]
        self.assertEqual(self.store.acknowledge_many(self.queue, messages), messages)
        self.assertEqual(self.store.extend_many(messages, LONG), messages)
        self.store.release(messages)

    def test_expired_lease_is_delivered_again(self) -> None:
        former, holder = self.lost_lease()
        self.assertEqual(holder.message_id, former.message_id)
        self.assertEqual((holder.deliveries, holder.attempts), (2, 0))
        self.assertGreater(holder.fencing_token, former.fencing_token)
        self.assertNotEqual(holder.receipt, former.receipt)

    def test_former_holder_changes_nothing(self) -> None:
        former, holder = self.lost_lease()
        self.assert_lost(former, "taken")
        self.assert_nothing_ready()
        self.assertEqual(self.store.queue_info(self.queue).in_flight, 1)
        holder.acknowledge()

    def test_expired_lease_is_good_until_another_has_it(self) -> None:
        for name, decide in DECISIONS.items():
            with self.subTest(decision=name):
                self.queue = self.new_name()
                self.enqueue_numbers(1)
                message = self.lease(SHORT)
                self.advance(SHORT + 0.05)
                decide(message)

    def test_acknowledged_message_is_gone(self) -> None:
        self.enqueue_numbers(1)
        message = self.lease()
        message.acknowledge()
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)
        self.assert_lost(message, "gone")

    def test_dead_message_is_gone(self) -> None:
        self.enqueue_numbers(1)
        message = self.lease()
        message.nack(dead_letter=True)
        self.assert_lost(message, "gone")

    def test_returned_message_is_released(self) -> None:
        self.enqueue_numbers(1)
        message = self.lease()
        message.nack(delay=0)
        self.assert_lost(message, "released")
        self.assertEqual(self.store.queue_info(self.queue).ready, 1)

    def test_acknowledge_without_receipt_removes_any_live_message(self) -> None:
        ready, leased = self.enqueue_numbers(1, 2)
        delayed = self.store.enqueue(self.queue, {}, delay=LONG)
        self.store.dequeue_many(self.queue, 2, LONG)[0].nack(delay=0)
        for number in (ready, leased, delayed):
            self.assertIs(self.store.acknowledge(self.queue, number), True)
            self.assertIs(self.store.acknowledge(self.queue, number), False)
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def test_acknowledge_with_receipt_says_true(self) -> None:
        self.enqueue_numbers(1)
        message = self.lease()
        self.assertIs(
            self.store.acknowledge(
                self.queue, message.message_id, receipt=message.receipt
            ),
            True,
        )

    def test_receipt_is_good_in_its_own_queue_only(self) -> None:
        self.enqueue_numbers(1)
        message = self.lease()
        with self.assertRaises(LeaseLost) as caught:
            self.store.acknowledge(
                self.new_name(), message.message_id, receipt=message.receipt
            )
        self.assertEqual(caught.exception.reason, "gone")
        message.acknowledge()

    def test_acknowledge_many_returns_the_lost_ones(self) -> None:
        self.enqueue_numbers(*range(5))
        messages = self.store.dequeue_many(self.queue, 5, LONG)
        messages[1].acknowledge()
        messages[3].nack(delay=0)
        taken = self.lease()
        lost = self.store.acknowledge_many(self.queue, iter(messages))
        self.assertEqual(lost, [messages[1], messages[3]])
        self.assertEqual(self.store.queue_info(self.queue).depth, 1)
        taken.acknowledge()
        self.assertEqual(self.store.acknowledge_many(self.queue, []), [])

    def test_extend_holds_the_message_longer(self) -> None:
        self.enqueue_numbers(1)
        message = self.lease(SHORT)
        until = message.extend(LONG)
        held = until - message.visible_until
        self.assertGreater(held, timedelta(seconds=LONG - 2 * SHORT))
        self.advance(SHORT + 0.05)
        self.assert_nothing_ready()
        message.acknowledge()

    def test_extend_counts_from_now(self) -> None:
        self.enqueue_numbers(1)
        message = self.lease(LONG)
        self.assertLess(message.extend(SHORT), message.visible_until)
        self.advance(SHORT + 0.05)
        self.assertEqual(self.lease_when_due().deliveries, 2)

    def test_extend_many_returns_the_lost_ones(self) -> None:
        other = self.queue
        self.enqueue_numbers(1)
        elsewhere = self.lease(SHORT)
        self.queue = self.new_name()
        self.enqueue_numbers(1, 2, 3)
        messages = self.store.dequeue_many(self.queue, 3, SHORT)
        messages[1].acknowledge()
        lost = self.store.extend_many([*messages, elsewhere], LONG)
        self.assertEqual(lost, [messages[1]])
        self.advance(SHORT + 0.05)
        self.assert_nothing_ready()
        self.assertIsNone(self.store.dequeue(other))
        self.assertEqual(self.store.extend_many([], LONG), [])

    def test_release_counts_neither_delivery_nor_attempt(self) -> None:
        self.enqueue_numbers(1, 2)
        first, second = self.store.dequeue_many(self.queue, 2, LONG)
        self.store.release([first])
        self.assert_lost(first, "released")
        again = self.lease()
        self.assertEqual(again.message_id, first.message_id)
        self.assertEqual((again.deliveries, again.attempts), (1, 0))
        self.assertGreater(again.fencing_token, first.fencing_token)
        second.acknowledge()

    def test_token_grows_at_each_delivery(self) -> None:
        self.enqueue_numbers(1)
        tokens, receipts = [], set()
        for turn in range(4):
            message = self.lease()
            tokens.append(message.fencing_token)
            receipts.add(message.receipt)
            if turn % 2:
                self.store.release([message])
            else:
                message.nack(delay=0)
        self.assertEqual(tokens, sorted(set(tokens)))
        self.assertEqual(len(receipts), 4)

    def test_atomic_acknowledges_at_its_end(self) -> None:
        self.enqueue_numbers(1)
        message = self.lease()
        with message.atomic():
            pass
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def test_atomic_that_raises_keeps_the_lease(self) -> None:
        self.enqueue_numbers(1)
        message = self.lease()
        with self.assertRaises(ZeroDivisionError), message.atomic():
            raise ZeroDivisionError
        self.assert_nothing_ready()
        message.acknowledge()

    def test_atomic_with_a_lost_lease_raises(self) -> None:
        former, holder = self.lost_lease()
        with self.assertRaises(LeaseLost), former.atomic():
            pass
        holder.acknowledge()

    def test_atomic_with_an_expired_lease_is_good(self) -> None:
        self.enqueue_numbers(1)
        message = self.lease(SHORT)
        self.advance(SHORT + 0.05)
        with message.atomic():
            pass
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)
