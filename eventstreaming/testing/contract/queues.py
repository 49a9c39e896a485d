"""Queues: what goes in, in which order it comes out, and what is counted."""

from functools import partial

from eventstreaming.events.correlation import correlation_scope
from eventstreaming.exceptions import (
    InvalidArgument,
    LeaseLost,
    UnknownEventType,
    UnsupportedOperation,
)
from eventstreaming.testing.contract.case import LONG, SHORT, ContractCase
from eventstreaming.testing.contract.samples import ORDER_PLACED, PAYMENT_TAKEN
from eventstreaming.types import JSON, EnqueuedId, EventData


class QueueContract(ContractCase):
    """Messages come out in order, as they went in, and once at a time."""

    def test_enqueue_returns_the_id_of_a_new_message(self) -> None:
        first = self.store.enqueue(self.queue, {"n": 1})
        second = self.store.enqueue(self.queue, {"n": 1})
        self.assertIsInstance(first, EnqueuedId)
        self.assertTrue(first.created)
        self.assertNotEqual(first, second)
        self.assertEqual(self.lease().message_id, first)

    def test_empty_queue_has_no_message(self) -> None:
        self.assert_nothing_ready()
        self.assertEqual(self.store.dequeue_many(self.queue, 10), [])
        self.assertIsNone(self.store.pop(self.queue))

    def test_message_says_all_about_its_delivery(self) -> None:
        number = self.store.enqueue(
            self.queue,
            ORDER_PLACED,
            priority=3,
            headers={"trace": ["a", 1]},
            correlation_id="story",
        )
        message = self.lease()
        self.assertEqual(message.stream_name, self.queue)
        self.assertEqual(message.message_id, number)
        self.assertEqual(message.message_type, "contract.OrderPlaced")
        self.assertEqual(message.schema_version, 1)
        self.assertEqual(message.payload, ORDER_PLACED)
        self.assertEqual(message.headers, {"trace": ["a", 1]})
        self.assertEqual(message.correlation_id, "story")
        self.assertEqual(message.priority, 3)
        self.assertIsNone(message.group_key)
        self.assertEqual((message.deliveries, message.attempts), (1, 0))
        self.assertIsNotNone(message.enqueued_at.utcoffset())
        held = (message.visible_until - message.enqueued_at).total_seconds()
        self.assertTrue(LONG <= held < LONG + 30, held)

    def test_lease_lasts_30_seconds_by_default(self) -> None:
        self.enqueue_numbers(1)
        (message,) = self.store.dequeue_many(self.queue, 1)
        held = (message.visible_until - message.enqueued_at).total_seconds()
        self.assertTrue(30 <= held < 60, held)

    def test_plain_message_has_no_type_and_no_headers(self) -> None:
        self.store.enqueue(self.queue, {"to": "ann@example.com"})
        message = self.lease()
        self.assertEqual(message.message_type, "")
        self.assertEqual(message.payload, {"to": "ann@example.com"})
        self.assertEqual(message.headers, {})
        self.assertIsNone(message.correlation_id)

    def test_event_data_names_the_message_type(self) -> None:
        self.store.enqueue(self.queue, EventData("contract:Nobody", [1, None]))
        message = self.lease()
        self.assertEqual(message.message_type, "contract:Nobody")
        self.assertEqual(message.data, [1, None])
        with self.assertRaises(UnknownEventType):
            _ = message.payload

    def test_data_and_headers_are_kept_to_the_letter(self) -> None:
        data = {
            "long": -0.0,
            "b": 1e22,
            "a": [1.5, True, None, "", '☃\u2028\\"', 2**63 - 1, -(2**63)],
            "nested": {"zz": 1, "y": {}},
        }
        self.store.enqueue(self.queue, data, headers=data)
        message = self.lease()
        self.assertEqual(repr(message.data), repr(data))
        self.assertEqual(repr(message.headers), repr(data))

    def test_message_data_may_be_any_json_value(self) -> None:
        values: list[JSON] = [None, True, 7, 2.5, "text", [1, [2]], {}]
        messages = [EventData("Noted", value) for value in values]
        self.store.enqueue_many(self.queue, messages)
        for message in messages:
            self.store.enqueue(self.queue, message)
        found = self.store.dequeue_many(self.queue, 100)
        self.assertEqual([message.data for message in found], values + values)

    def test_correlation_scope_gives_its_id(self) -> None:
        with correlation_scope("story"):
            self.enqueue_numbers(1)
        self.assertEqual(self.lease().correlation_id, "story")

    def test_nobody_changes_a_stored_message(self) -> None:
        data = {"list": [1]}
        headers = {"list": [1]}
        self.store.enqueue(self.queue, data, headers=headers)
        message = self.lease()
        for changeable in (data, headers, message.data, message.headers):
            changeable["list"].append(2)
        message.nack(delay=0)
        again = self.lease()
        self.assertEqual((again.data, again.headers), ({"list": [1]}, {"list": [1]}))

    def test_messages_come_in_order(self) -> None:
        ids = self.enqueue_numbers(1, 2)
        ids.append(self.store.enqueue(self.queue, {"number": 3}))
        self.assertEqual([self.lease().message_id for _ in range(3)], ids)
        self.assert_nothing_ready()

    def test_higher_priority_comes_first(self) -> None:
        for number, priority in enumerate([0, 5, -1, 5, 0]):
            self.store.enqueue(self.queue, {"number": number}, priority=priority)
        messages = self.store.dequeue_many(self.queue, 10)
        self.assertEqual([m.data["number"] for m in messages], [1, 3, 0, 4, 2])
        self.assertEqual([m.priority for m in messages], [5, 5, 0, 0, -1])

    def test_enqueue_many_keeps_types_and_order(self) -> None:
        messages = [PAYMENT_TAKEN, {"n": 1}, EventData("Noted", "text")]
        ids = self.store.enqueue_many(self.queue, iter(messages), headers={"h": 1})
        found = self.store.dequeue_many(self.queue, 10)
        self.assertEqual([m.message_id for m in found], ids)
        self.assertEqual(
            [m.message_type for m in found], ["contract.PaymentTaken", "", "Noted"]
        )
        self.assertEqual([m.headers for m in found], [{"h": 1}] * 3)
        self.assertEqual(found[0].payload, PAYMENT_TAKEN)

    def test_enqueue_many_of_nothing_does_nothing(self) -> None:
        self.assertEqual(self.store.enqueue_many(self.queue, []), [])
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def test_one_bad_message_keeps_all_out(self) -> None:
        with self.assertRaises(InvalidArgument) as caught:
            self.store.enqueue_many(self.queue, [{"n": 1}, {"n": float("inf")}])
        self.assertEqual(caught.exception.field, "messages[1].data['n']")
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def test_dequeue_many_takes_at_most_its_limit_in_order(self) -> None:
        ids = self.enqueue_numbers(*range(5))
        first = self.store.dequeue_many(self.queue, 3, LONG)
        second = self.store.dequeue_many(self.queue, 3, LONG)
        self.assertEqual([m.message_id for m in first + second], ids)
        self.assertEqual(len(first), 3)
        self.assertEqual(len({m.receipt for m in first + second}), 5)

    def test_leased_message_is_hidden(self) -> None:
        self.enqueue_numbers(1)
        self.lease()
        self.assert_nothing_ready()
        self.assertIsNone(self.store.pop(self.queue))

    def test_queues_do_not_mix(self) -> None:
        other = self.new_name()
        (number,) = self.enqueue_numbers(1, queue=other)
        self.append_numbers(1, stream=self.queue)
        self.assert_nothing_ready()
        self.assertFalse(self.store.acknowledge(self.queue, number))
        self.assertEqual(self.store.queue_info(other).ready, 1)

    def test_pop_takes_and_removes(self) -> None:
        ids = self.enqueue_numbers(1, 2)
        message = self.store.pop(self.queue)
        if message is None:
            self.fail("no message is ready")
        self.assertEqual(message.message_id, ids[0])
        self.assertEqual(message.data, {"number": 1})
        self.assertEqual((message.deliveries, message.attempts), (1, 0))
        self.assertEqual(self.store.queue_info(self.queue).depth, 1)
        with self.assertRaises(LeaseLost) as caught:
            message.acknowledge()
        self.assertEqual(caught.exception.reason, "gone")

    def test_pop_keeps_the_order(self) -> None:
        self.enqueue_numbers(1, 2)
        self.store.enqueue(self.queue, {"number": 3}, priority=1)
        numbers = []
        while message := self.store.pop(self.queue):
            numbers.append(message.data["number"])
        self.assertEqual(numbers, [3, 1, 2])

    def test_purge_removes_every_live_message(self) -> None:
        other = self.new_name()
        self.enqueue_numbers(9, queue=other)
        self.enqueue_numbers(1, 2)
        self.store.enqueue(self.queue, {"number": 3}, delay=LONG)
        self.lease().nack(dead_letter=True)
        leased = self.lease()
        self.assertEqual(self.store.purge(self.queue), 2)
        self.assertEqual(self.store.purge(self.queue), 0)
        info = self.store.queue_info(self.queue)
        self.assertEqual((info.depth, info.dead), (0, 1))
        self.assertEqual(self.store.queue_info(other).ready, 1)
        with self.assertRaises(LeaseLost) as caught:
            leased.acknowledge()
        self.assertEqual(caught.exception.reason, "gone")

    def test_info_of_an_unknown_queue(self) -> None:
        info = self.store.queue_info(self.queue)
        self.assertEqual((info.depth, info.dead, info.oldest_age), (0, 0, None))
        self.assertTrue(info.exact)

    def test_info_counts_by_state(self) -> None:
        self.enqueue_numbers(*range(6))
        self.store.enqueue(self.queue, {}, delay=LONG)
        self.lease().nack(dead_letter=True)
        self.lease().nack(delay=LONG)
        self.lease()
        for exact in (False, True):
            info = self.store.queue_info(self.queue, exact=exact)
            self.assertEqual(info.stream_name, self.queue)
            self.assertEqual((info.ready, info.in_flight, info.delayed), (3, 1, 2))
            self.assertEqual((info.blocked, info.dead, info.depth), (0, 1, 6))
            self.assertTrue(info.exact)

    def test_oldest_age_is_that_of_the_oldest_ready_message(self) -> None:
        self.enqueue_numbers(1, 2)
        self.advance(0.05)
        age = self.store.queue_info(self.queue).oldest_age
        if age is None:
            self.fail("no message is ready")
        self.assertTrue(0.05 <= age < 30, age)
        self.store.dequeue_many(self.queue, 2, LONG)
        self.assertIsNone(self.store.queue_info(self.queue).oldest_age)

    def test_oldest_age_is_also_that_of_a_message_whose_delay_is_over(self) -> None:
        self.store.enqueue(self.queue, {}, delay=SHORT)
        self.assertIsNone(self.store.queue_info(self.queue).oldest_age)
        self.advance(SHORT + 0.05)
        self.assertIsNotNone(self.store.queue_info(self.queue).oldest_age)

    def test_unsupported_options_are_refused(self) -> None:
        enqueue = partial(self.store.enqueue, self.queue, {})
        if not self.store.supports_groups:
            self.assertRaises(UnsupportedOperation, enqueue, group_key="key")
        if not self.store.supports_deduplication:
            self.assertRaises(UnsupportedOperation, enqueue, deduplication_key="key")
        if not self.store.supports_idempotency:
            self.assertRaises(UnsupportedOperation, enqueue, idempotency_key="key")
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)
