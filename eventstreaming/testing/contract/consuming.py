"""Loops over messages: what ends a message, and what does not."""

import asyncio

from asgiref.sync import async_to_sync

from eventstreaming.exceptions import InvalidValue
from eventstreaming.testing.contract import inputs
from eventstreaming.testing.contract.case import LONG, PATIENCE, SHORT
from eventstreaming.testing.contract.refusing import RefusingCase


class ConsumeContract(RefusingCase):
    """A message is acknowledged when the loop has done with it, not before."""

    def numbers(self, **options: object) -> list[int]:
        """Consume until the queue is empty; return what was there."""
        loop = self.store.consume(self.queue, LONG, **options)  # type: ignore[arg-type]
        return [message.data["number"] for message in loop]

    def assert_left(
        self, *, ready: int = 0, in_flight: int = 0, delayed: int = 0
    ) -> None:
        info = self.store.queue_info(self.queue)
        self.assertEqual(
            (info.ready, info.in_flight, info.delayed), (ready, in_flight, delayed)
        )

    def test_loop_takes_all_in_order_and_ends(self) -> None:
        self.enqueue_numbers(1, 2, 3)
        self.assertEqual(self.numbers(), [1, 2, 3])
        self.assert_left()
        self.assertEqual(self.numbers(), [])

    def test_message_is_leased_while_the_body_has_it(self) -> None:
        self.enqueue_numbers(1, 2)
        for message in self.store.consume(self.queue, LONG):
            self.assertEqual(message.deliveries, 1)
            self.assert_left(ready=2 - message.data["number"], in_flight=1)

    def test_limit_ends_the_loop(self) -> None:
        self.enqueue_numbers(1, 2, 3)
        self.assertEqual(self.numbers(limit=2), [1, 2])
        self.assert_left(ready=1)

    def test_loop_waits_for_each_message(self) -> None:
        self.store.enqueue(self.queue, {"number": 1}, delay=SHORT)
        self.assertEqual(self.numbers(wait=PATIENCE, limit=1), [1])
        self.assertEqual(self.numbers(wait=0.05), [])

    def test_loop_may_follow_for_ever(self) -> None:
        self.enqueue_numbers(1)
        self.store.enqueue(self.queue, {"number": 2}, delay=SHORT)
        self.assertEqual(self.numbers(follow=True, limit=2), [1, 2])

    def test_break_inside_the_block_is_done(self) -> None:
        self.enqueue_numbers(1, 2)
        with self.store.consume(self.queue, LONG) as messages:
            for _ in messages:
                break
        self.assert_left(ready=1)

    def test_exception_that_leaves_the_block_is_a_failed_attempt(self) -> None:
        self.enqueue_numbers(1)
        self.store.configure_queue(self.queue, backoff=0)
        for attempt in range(5):
            with (
                self.assertRaisesRegex(KeyError, "broken"),
                self.store.consume(self.queue, LONG, wait=PATIENCE) as messages,
            ):
                for message in messages:
                    self.assertEqual(message.attempts, attempt)
                    raise KeyError("broken")
        (letter,) = self.store.dead_letters(self.queue)
        self.assertIn("KeyError: 'broken'", letter.error)

    def test_interruption_is_no_attempt_and_no_delivery(self) -> None:
        self.enqueue_numbers(1)
        with (
            self.assertRaises(KeyboardInterrupt),
            self.store.consume(self.queue, LONG) as messages,
        ):
            for _ in messages:
                raise KeyboardInterrupt
        message = self.lease()
        self.assertEqual((message.deliveries, message.attempts), (1, 0))

    def test_plain_loop_leaves_the_last_message_to_its_lease(self) -> None:
        self.enqueue_numbers(1, 2)
        for _ in self.store.consume(self.queue, SHORT):
            break
        with self.assertRaises(KeyError):
            for _ in self.store.consume(self.queue, SHORT):
                raise KeyError("broken")
        self.assert_left(in_flight=2)
        self.advance(SHORT + 0.05)
        message = self.lease_when_due()
        self.assertEqual((message.deliveries, message.attempts), (2, 0))

    def test_what_the_body_answers_is_left_alone(self) -> None:
        self.enqueue_numbers(0, 1, 2)
        with self.store.consume(self.queue, LONG) as messages:
            for message in messages:
                if message.data["number"] == 2:
                    with message.atomic():
                        pass
                elif message.data["number"] == 1:
                    message.nack(delay=LONG)
                else:
                    message.acknowledge()
        self.assert_left(delayed=1)

    def test_lost_lease_does_not_end_the_loop(self) -> None:
        self.enqueue_numbers(1, 2)
        seen = []
        with (
            self.assertLogs("eventstreaming", "WARNING") as log,
            self.store.consume(self.queue, SHORT) as messages,
        ):
            for message in messages:
                seen.append(message.data["number"])
                if seen == [1]:
                    self.advance(SHORT + 0.05)
                    other = self.lease_when_due()
        self.assertEqual(seen, [1, 2])
        self.assertIn("taken", log.output[0])
        other.acknowledge()
        self.assert_left()

    def test_async_loop_does_the_same(self) -> None:
        # The default delay is random, and may be over before the queue is looked at.
        self.store.configure_queue(self.queue, backoff=LONG)
        self.enqueue_numbers(1, 2, 3, 4)
        async_to_sync(self.consume_in_async)()
        self.assert_left(ready=1, delayed=1)

    async def consume_in_async(self) -> None:
        async with self.store.aconsume(self.queue, LONG, limit=1) as messages:
            self.assertEqual([m.data["number"] async for m in messages], [1])
        with self.assertRaises(ValueError):
            async with self.store.aconsume(self.queue, LONG) as messages:
                async for message in messages:
                    if message.data["number"] == 3:
                        raise ValueError("broken")
        with self.assertRaises(asyncio.CancelledError):
            async with self.store.aconsume(self.queue, LONG) as messages:
                async for _ in messages:
                    raise asyncio.CancelledError

    def test_bad_arguments_of_consume_raise_at_the_call(self) -> None:
        store, queue = self.store, self.queue
        with self.nothing_written():
            self.refuse("consume", "stream_name", inputs.NAMES, store.consume)
            self.refuse(
                "consume",
                "visibility_timeout",
                inputs.TIMEOUTS,
                lambda timeout: store.consume(queue, timeout),
            )
            self.refuse(
                "consume",
                "wait",
                inputs.DURATIONS,
                lambda wait: store.aconsume(queue, wait=wait),
            )
            self.refuse(
                "consume",
                "wait",
                [(1, InvalidValue)],
                lambda wait: store.consume(queue, wait=wait, follow=True),
            )
            self.refuse(
                "consume",
                "follow",
                inputs.FLAGS,
                lambda follow: store.consume(queue, follow=follow),
            )
            self.refuse(
                "consume",
                "limit",
                [pair for pair in inputs.COUNTS if pair[0] not in (10_001, None)],
                lambda limit: store.consume(queue, limit=limit),
            )
