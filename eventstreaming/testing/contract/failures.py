"""Failed attempts: retries, dead letters, and sending them back."""

from eventstreaming.events.queue_settings import MAX_ATTEMPTS, MAX_DELIVERIES
from eventstreaming.exceptions import LeaseLost, MessageNotFound
from eventstreaming.testing.contract.case import LONG, SHORT, ContractCase
from eventstreaming.testing.contract.samples import ORDER_PLACED
from eventstreaming.types import DeadLetter


class FailureContract(ContractCase):
    """A message that fails comes again, until it is put among the dead."""

    def bury_numbers(self, *numbers: int) -> list[str]:
        """Make a dead letter of each number; return their ids."""
        ids = self.enqueue_numbers(*numbers)
        for message in self.store.dequeue_many(self.queue, len(numbers), LONG):
            message.nack(dead_letter=True, error=f"bad number {message.data}")
        return ids

    def dead(self) -> list[DeadLetter]:
        return self.store.dead_letters(self.queue)

    def test_nack_without_delay_comes_at_once(self) -> None:
        self.enqueue_numbers(1, 2)
        message = self.lease()
        self.assertIs(message.nack(delay=0, error="no"), True)
        again = self.lease()
        self.assertEqual(again.message_id, message.message_id)
        self.assertEqual((again.deliveries, again.attempts), (2, 1))

    def test_nack_with_delay_hides_the_message(self) -> None:
        self.enqueue_numbers(1)
        self.assertIs(self.lease().nack(delay=LONG), True)
        self.assert_nothing_ready()
        self.assertEqual(self.store.queue_info(self.queue).delayed, 1)

    def test_nack_with_delay_comes_after_it(self) -> None:
        self.enqueue_numbers(1)
        self.assertIs(self.lease().nack(delay=SHORT), True)
        self.advance(SHORT)
        self.assertEqual(self.lease_when_due().attempts, 1)

    def test_first_backoff_is_a_second_at_most(self) -> None:
        self.enqueue_numbers(1)
        self.assertIs(self.lease().nack(), True)
        self.advance(1.0)
        self.assertEqual(self.lease_when_due().attempts, 1)

    def test_crash_is_a_delivery_and_no_attempt(self) -> None:
        self.enqueue_numbers(1)
        self.lease(SHORT)
        self.advance(SHORT + 0.05)
        self.lease_when_due().nack(delay=0)
        message = self.lease()
        self.assertEqual((message.deliveries, message.attempts), (3, 1))

    def test_used_up_attempts_make_a_dead_letter(self) -> None:
        (number,) = self.enqueue_numbers(1)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            again = self.lease().nack(delay=0, error=f"failure {attempt}")
            self.assertIs(again, attempt < MAX_ATTEMPTS)
        self.assert_nothing_ready()
        (letter,) = self.dead()
        self.assertEqual(letter.message_id, number)
        self.assertEqual(letter.reason, "max_attempts")
        self.assertEqual(letter.error, f"failure {MAX_ATTEMPTS}")
        self.assertEqual(letter.attempts, MAX_ATTEMPTS)
        self.assertEqual(letter.deliveries, MAX_ATTEMPTS)

    def test_max_attempts_of_the_call_counts(self) -> None:
        (number,) = self.enqueue_numbers(1)
        for expected in (True, False):
            message = self.lease()
            again = self.store.nack(
                self.queue, number, receipt=message.receipt, delay=0, max_attempts=2
            )
            self.assertIs(again, expected)
        self.assertEqual(self.dead()[0].reason, "max_attempts")

    def test_dead_letter_keeps_the_message(self) -> None:
        number = self.store.enqueue(
            self.queue,
            ORDER_PLACED,
            priority=4,
            headers={"h": [1]},
            correlation_id="story",
        )
        message = self.lease()
        self.assertIs(message.nack(dead_letter=True, error="not ours"), False)
        (letter,) = self.dead()
        self.assertEqual(
            (letter.stream_name, letter.message_id, letter.message_type),
            (self.queue, number, "contract.OrderPlaced"),
        )
        self.assertEqual(letter.data, message.data)
        self.assertEqual(letter.headers, {"h": [1]})
        self.assertEqual(letter.schema_version, 1)
        self.assertEqual((letter.priority, letter.group_key), (4, None))
        self.assertEqual((letter.deliveries, letter.attempts), (1, 1))
        self.assertEqual(letter.enqueued_at, message.enqueued_at)
        self.assertEqual(letter.correlation_id, "story")
        self.assertEqual((letter.reason, letter.error), ("rejected", "not ours"))
        self.assertGreaterEqual(letter.died_at, letter.enqueued_at)

    def test_error_may_be_an_exception(self) -> None:
        self.enqueue_numbers(1)
        self.lease().nack(dead_letter=True, error=KeyError("missing \x00 \ud800"))
        (letter,) = self.dead()
        self.assertIn("KeyError", letter.error)
        self.assertNotEqual(letter.fingerprint, "")

    def test_error_may_be_missing(self) -> None:
        self.enqueue_numbers(1)
        self.lease().nack(dead_letter=True)
        self.assertEqual((self.dead()[0].error, self.dead()[0].fingerprint), ("", ""))

    def test_dead_letters_come_newest_first(self) -> None:
        ids = self.bury_numbers(1, 2, 3)
        self.assertEqual([d.message_id for d in self.dead()], ids[::-1])
        newest = self.store.dead_letters(self.queue, limit=2)
        self.assertEqual([d.message_id for d in newest], ids[:0:-1])

    def test_dead_letters_are_found_by_queue_reason_and_fingerprint(self) -> None:
        alike = self.bury_numbers(1, 2)
        self.enqueue_numbers(3)
        message = self.lease()
        self.store.nack(
            self.queue, message.message_id, max_attempts=1, error="something else"
        )
        other, self.queue = self.queue, self.new_name()
        self.bury_numbers(4)
        rejected = self.store.dead_letters(other, reason="rejected")
        self.assertEqual([d.message_id for d in rejected], alike[::-1])
        (used_up,) = self.store.dead_letters(other, reason="max_attempts")
        self.assertEqual(used_up.message_id, message.message_id)
        found = self.store.dead_letters(other, fingerprint=rejected[0].fingerprint)
        self.assertEqual(found, rejected)
        everywhere = {d.stream_name for d in self.store.dead_letters(limit=10)}
        self.assertLessEqual({other, self.queue}, everywhere)
        self.assertEqual(self.store.dead_letters(self.new_name()), [])

    def test_nack_without_receipt_takes_any_live_message(self) -> None:
        (number,) = self.enqueue_numbers(1)
        self.assertIs(self.store.nack(self.queue, number, delay=0), True)
        message = self.lease()
        self.assertEqual(message.attempts, 1)
        self.assertIs(self.store.nack(self.queue, number, delay=0), True)
        with self.assertRaises(LeaseLost) as caught:
            message.acknowledge()
        self.assertEqual(caught.exception.reason, "released")

    def test_nack_of_no_message_is_refused(self) -> None:
        (number,) = self.bury_numbers(1)
        for queue, message_id in ((self.queue, number), (self.new_name(), number)):
            with self.assertRaises(MessageNotFound) as caught:
                self.store.nack(queue, message_id)
            self.assertEqual(caught.exception.stream_name, queue)
            self.assertEqual(caught.exception.message_id, message_id)

    def test_used_up_deliveries_make_a_dead_letter(self) -> None:
        (number,) = self.enqueue_numbers(1)
        delivered = 0
        while self.store.dequeue(self.queue, 0.01):
            delivered += 1
            self.advance(0.015)
        self.assertEqual(delivered, MAX_DELIVERIES)
        (letter,) = self.dead()
        self.assertEqual(letter.message_id, number)
        self.assertEqual(letter.reason, "max_deliveries")
        self.assertEqual(letter.fingerprint, "max_deliveries")
        self.assertNotEqual(letter.error, "")
        self.assertEqual((letter.deliveries, letter.attempts), (MAX_DELIVERIES, 0))
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def test_redrive_starts_the_message_again(self) -> None:
        (number,) = self.enqueue_numbers(1)
        former = self.lease()
        former.nack(dead_letter=True)
        self.assertEqual(self.store.redrive(self.queue), 1)
        self.assertEqual(self.dead(), [])
        message = self.lease()
        self.assertEqual(message.message_id, number)
        self.assertEqual(message.data, {"number": 1})
        self.assertEqual(message.enqueued_at, former.enqueued_at)
        self.assertEqual((message.deliveries, message.attempts), (1, 0))
        self.assertGreater(message.fencing_token, former.fencing_token)
        with self.assertRaises(LeaseLost) as caught:
            former.acknowledge()
        self.assertEqual(caught.exception.reason, "taken")
        message.acknowledge()

    def test_receipt_from_before_the_redrive_is_released(self) -> None:
        self.enqueue_numbers(1)
        former = self.lease()
        former.nack(dead_letter=True)
        self.store.redrive(self.queue)
        with self.assertRaises(LeaseLost) as caught:
            former.acknowledge()
        self.assertEqual(caught.exception.reason, "released")

    def test_redriven_message_does_not_expire(self) -> None:
        self.store.enqueue(self.queue, {}, expires_in=1.5)
        self.lease().nack(dead_letter=True)
        self.advance(1.55)
        self.store.redrive(self.queue)
        self.assertEqual(self.lease().deliveries, 1)

    def test_redrive_takes_the_oldest_first(self) -> None:
        ids = self.bury_numbers(1, 2, 3)
        self.assertEqual(self.store.redrive(self.queue, limit=2), 2)
        self.assertEqual([d.message_id for d in self.dead()], ids[2:])
        self.assertEqual([self.lease().message_id for _ in range(2)], ids[:2])

    def test_redrive_takes_the_ids_it_is_given(self) -> None:
        ids = self.bury_numbers(1, 2, 3)
        self.assertEqual(self.store.redrive(self.queue, [ids[1], "987654321"]), 1)
        self.assertEqual(self.store.redrive(self.queue, iter([ids[1]])), 0)
        self.assertEqual(self.store.redrive(self.queue, []), 0)
        self.assertEqual(self.lease().message_id, ids[1])
        self.assertEqual(len(self.dead()), 2)

    def test_redrive_leaves_other_queues_alone(self) -> None:
        ids = self.bury_numbers(1)
        self.assertEqual(self.store.redrive(self.new_name(), ids), 0)
        self.assertEqual(self.store.redrive(self.new_name()), 0)
        self.assertEqual(len(self.dead()), 1)

    def test_message_dies_and_is_sent_back_again_and_again(self) -> None:
        (number,) = self.enqueue_numbers(1)
        for _ in range(3):
            self.lease().nack(dead_letter=True)
            self.assertEqual(self.store.redrive(self.queue, [number]), 1)
        self.assertEqual(self.lease().deliveries, 1)
