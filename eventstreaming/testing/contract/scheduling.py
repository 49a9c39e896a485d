"""Queues and time: delays, expiry, and waiting for a message."""

from datetime import timedelta

from eventstreaming.testing.contract.case import LONG, PATIENCE, SHORT, ContractCase


class SchedulingContract(ContractCase):
    """A message is never delivered before its time, nor after it expired."""

    def test_delayed_message_is_hidden(self) -> None:
        self.store.enqueue(self.queue, {"number": 1}, delay=LONG)
        self.assert_nothing_ready()
        self.assertIsNone(self.store.pop(self.queue))
        self.assertEqual(self.store.queue_info(self.queue).delayed, 1)

    def test_delayed_message_comes_after_its_delay(self) -> None:
        self.store.enqueue(self.queue, {"number": 1}, delay=SHORT)
        self.advance(SHORT)
        message = self.lease_when_due()
        waited = message.visible_until - message.enqueued_at
        self.assertGreaterEqual(waited, timedelta(seconds=LONG + SHORT))
        self.assertEqual(message.deliveries, 1)

    def test_age_is_that_of_the_oldest_message_that_is_ready(self) -> None:
        self.store.enqueue(self.queue, {}, priority=1)
        self.assertIsNone(self.store.queue_info(self.new_name()).oldest_age)
        self.lease()
        self.store.enqueue(self.queue, {}, delay=LONG)
        self.assertIsNone(self.store.queue_info(self.queue).oldest_age)
        self.store.enqueue(self.queue, {}, priority=-1, delay=SHORT)
        self.advance(2 * SHORT)
        self.store.enqueue(self.queue, {}, priority=1)
        info = self.store.queue_info(self.queue)
        self.assertEqual((info.ready, info.in_flight, info.delayed), (2, 1, 1))
        self.assertGreaterEqual(info.oldest_age or 0, 2 * SHORT - 0.05)
        self.assertTrue(info.exact)

    def test_delay_may_be_a_timedelta(self) -> None:
        self.store.enqueue(self.queue, {}, delay=timedelta(days=1))
        self.assert_nothing_ready()
        self.assertEqual(self.store.queue_info(self.queue).delayed, 1)

    def test_no_delay_is_at_once(self) -> None:
        self.store.enqueue(self.queue, {}, delay=0)
        self.lease()

    def test_delayed_message_comes_in_its_old_place(self) -> None:
        self.store.enqueue(self.queue, {"number": 1}, delay=SHORT)
        self.enqueue_numbers(2)
        self.advance(SHORT)
        self.store.dequeue(self.queue, LONG, wait=PATIENCE)
        self.lease_when_due()
        self.assertEqual(self.store.queue_info(self.queue).in_flight, 2)

    def test_enqueue_many_delays_all(self) -> None:
        self.store.enqueue_many(self.queue, [{"n": 1}, {"n": 2}], delay=LONG)
        self.assertEqual(self.store.queue_info(self.queue).delayed, 2)
        self.assert_nothing_ready()

    def test_expired_message_is_never_delivered(self) -> None:
        self.store.enqueue(self.queue, {"number": 1}, expires_in=SHORT)
        self.store.enqueue(self.queue, {"number": 2}, expires_in=SHORT)
        self.enqueue_numbers(3, 4)
        self.advance(SHORT + 0.05)
        self.assertEqual(self.lease().data["number"], 3)
        self.assertEqual(self.store.queue_info(self.queue).depth, 2)
        message = self.store.pop(self.queue)
        self.assertEqual(message and message.data["number"], 4)
        self.assertEqual(self.store.queue_info(self.queue).dead, 0)

    def test_pop_passes_over_expired_messages(self) -> None:
        self.store.enqueue_many(self.queue, [{}, {}], expires_in=SHORT)
        self.enqueue_numbers(3)
        self.advance(SHORT + 0.05)
        message = self.store.pop(self.queue)
        self.assertEqual(message and message.data["number"], 3)
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def test_message_is_delivered_until_it_expires(self) -> None:
        self.store.enqueue(self.queue, {}, expires_in=LONG)
        self.assertEqual(self.lease().deliveries, 1)

    def test_wait_ends_without_a_message(self) -> None:
        self.assertIsNone(self.store.dequeue(self.queue, wait=0.05))
        self.assertIsNone(self.store.dequeue(self.queue, wait=0))

    def test_wait_ends_with_a_message(self) -> None:
        self.store.enqueue(self.queue, {}, delay=SHORT)
        self.lease(wait=PATIENCE)
