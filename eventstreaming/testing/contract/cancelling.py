"""Cancelled messages: buried at once, or not delivered again."""

from eventstreaming.exceptions import LeaseLost, MessageNotFound
from eventstreaming.testing.contract.case import LONG, SHORT, ContractCase
from eventstreaming.types import Message


class CancelContract(ContractCase):
    """What becomes of a message depends on whether somebody holds it."""

    def cancel(self, message_id: str) -> bool:
        return self.store.cancel(self.queue, message_id)

    def assert_cancelled(self, message_id: str, *, attempts: int = 0) -> None:
        self.assert_nothing_ready()
        (letter,) = self.store.dead_letters(self.queue)
        self.assertEqual(
            (letter.message_id, letter.reason, letter.attempts),
            (message_id, "cancelled", attempts),
        )
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def held_and_cancelled(self, timeout: float = LONG) -> Message:
        self.enqueue_numbers(1)
        message = self.lease(timeout)
        self.assertEqual(self.store.cancelled_among([message]), [])
        self.assertFalse(self.cancel(message.message_id))
        self.assertEqual(self.store.cancelled_among([message]), [message])
        return message

    def test_message_that_nobody_holds_dies_at_once(self) -> None:
        (number,) = self.enqueue_numbers(1)
        self.assertTrue(self.cancel(number))
        self.assert_cancelled(number)
        with self.assertRaises(MessageNotFound) as caught:
            self.cancel(number)
        self.assertEqual(caught.exception.stream_name, self.queue)
        self.assertEqual(
            [letter.fingerprint for letter in self.store.dead_letters()], ["cancelled"]
        )

    def test_delayed_message_is_cancelled(self) -> None:
        number = self.store.enqueue(self.queue, {}, delay=LONG)
        self.assertTrue(self.cancel(number))
        self.assert_cancelled(number)

    def test_several_are_cancelled_and_the_rest_of_a_group_goes_on(self) -> None:
        plain, done = (self.store.enqueue(self.queue, {}) for _ in range(2))
        self.store.acknowledge(self.queue, done)
        first, second, third = (
            self.store.enqueue(self.queue, {}, group_key="g") for _ in range(3)
        )
        asked = [plain, done, first, second]
        found = self.store.cancel_many(self.queue, asked)
        self.assertEqual(sorted(found, key=int), [plain, first, second])
        self.assertEqual(self.lease().message_id, third)
        letters = self.store.dead_letters(self.queue)
        self.assertEqual({letter.message_id for letter in letters}, set(found))
        self.assertEqual({letter.reason for letter in letters}, {"cancelled"})
        self.assertEqual(self.store.cancel_many(self.queue, asked), [])

    def test_message_of_another_queue_is_left_alone(self) -> None:
        (number,) = self.enqueue_numbers(1)
        with self.assertRaises(MessageNotFound):
            self.store.cancel(f"{self.queue}-other", number)
        self.assertEqual(self.lease().message_id, number)

    def test_held_message_that_fails_is_not_retried(self) -> None:
        message = self.held_and_cancelled()
        self.assertFalse(message.nack(delay=0, error="stopped halfway"))
        self.assert_cancelled(message.message_id, attempts=1)
        (letter,) = self.store.dead_letters(self.queue)
        self.assertEqual(letter.error, "stopped halfway")

    def test_held_message_that_is_done_is_done(self) -> None:
        message = self.held_and_cancelled()
        message.acknowledge()
        self.assert_nothing_ready()
        self.assertEqual(self.store.dead_letters(self.queue), [])

    def test_message_of_an_ended_lease_is_not_delivered_again(self) -> None:
        message = self.held_and_cancelled(SHORT)
        self.advance(SHORT + 0.05)
        self.assert_cancelled(message.message_id)
        with self.assertRaises(LeaseLost) as caught:
            message.acknowledge()
        self.assertEqual(caught.exception.reason, "gone")

    def test_message_that_is_given_back_is_not_delivered_again(self) -> None:
        message = self.held_and_cancelled()
        self.store.release([message])
        self.assertIsNone(self.store.pop(self.queue))
        self.assert_cancelled(message.message_id)

    def test_next_of_the_group_goes_on(self) -> None:
        self.requires("supports_groups")
        first, second = (
            self.store.enqueue(self.queue, {}, group_key="a") for _ in range(2)
        )
        self.assertTrue(self.cancel(first))
        self.assertEqual(self.lease().message_id, second)

    def test_redriven_message_is_delivered(self) -> None:
        message = self.held_and_cancelled()
        message.nack()
        self.assertEqual(self.store.redrive(self.queue), 1)
        again = self.lease()
        self.assertEqual(again.message_id, message.message_id)
        self.assertEqual(self.store.cancelled_among([again]), [])
        self.assertTrue(again.nack(delay=0))

    async def test_cancelling_can_be_awaited(self) -> None:
        number = await self.store.aenqueue(self.queue, {})
        self.assertTrue(await self.store.acancel(self.queue, number))
