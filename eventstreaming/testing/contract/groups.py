"""Groups: the messages of one key come in order, one at a time."""

from eventstreaming.exceptions import LeaseLost
from eventstreaming.testing.contract.case import LONG, SHORT, ContractCase
from eventstreaming.types import Message


class GroupContract(ContractCase):
    """In order per key and in parallel across keys, whatever happens to one."""

    def setUp(self) -> None:
        super().setUp()
        self.part_requires(GroupContract, "supports_groups")

    def enqueue_group(self, key: str, *numbers: int) -> None:
        messages = [{"number": number} for number in numbers]
        self.store.enqueue_many(self.queue, messages, group_key=key)

    def ready(self) -> dict[int, Message]:
        """Lease all that is ready, by number."""
        messages = self.store.dequeue_many(self.queue, 100, LONG)
        return {message.data["number"]: message for message in messages}

    def assert_ready(self, *numbers: int) -> dict[int, Message]:
        found = self.ready()
        self.assertEqual(sorted(found), sorted(numbers))
        return found

    def test_message_names_its_group(self) -> None:
        self.store.enqueue(self.queue, {"number": 1}, group_key="ann")
        message = self.lease()
        self.assertEqual(message.group_key, "ann")
        message.nack(dead_letter=True)
        (dead,) = self.store.dead_letters(self.queue)
        self.assertEqual(dead.group_key, "ann")

    def test_one_message_of_a_group_at_a_time_in_order(self) -> None:
        self.enqueue_group("ann", 1, 2)
        self.store.enqueue(self.queue, {"number": 3}, group_key="ann")
        for number in (1, 2, 3):
            self.assert_ready(number)[number].acknowledge()
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def test_groups_go_on_in_parallel(self) -> None:
        self.enqueue_group("ann", 1, 2)
        self.enqueue_group("bob", 3, 4)
        self.enqueue_numbers(5, 6)
        found = self.assert_ready(1, 3, 5, 6)
        found[3].acknowledge()
        self.assert_ready(4)

    def test_batch_of_acknowledges_lets_all_its_groups_go_on(self) -> None:
        self.enqueue_group("ann", 1, 2)
        self.enqueue_group("bob", 3, 4)
        self.store.acknowledge_many(self.queue, self.assert_ready(1, 3).values())
        self.assert_ready(2, 4)

    def test_acknowledge_without_a_receipt_lets_the_group_go_on(self) -> None:
        self.enqueue_group("ann", 1, 2)
        message = self.assert_ready(1)[1]
        self.assertTrue(self.store.acknowledge(self.queue, message.message_id))
        self.assert_ready(2)

    def test_group_of_one_queue_holds_no_other(self) -> None:
        other = self.new_name()
        self.enqueue_group("ann", 1)
        self.store.enqueue(other, {"number": 2}, group_key="ann")
        self.assert_ready(1)
        self.assertIsNotNone(self.store.dequeue(other))

    def test_waiting_messages_count_as_blocked(self) -> None:
        self.enqueue_group("ann", 1, 2, 3)
        self.assert_ready(1)
        info = self.store.queue_info(self.queue)
        self.assertEqual((info.ready, info.in_flight, info.blocked), (0, 1, 2))

    def test_message_given_back_comes_before_the_next(self) -> None:
        self.enqueue_group("ann", 1, 2)
        self.assert_ready(1)[1].nack(delay=0)
        self.store.release([self.assert_ready(1)[1]])
        self.assert_ready(1)[1].acknowledge()
        self.assert_ready(2)

    def test_expired_lease_comes_before_the_next(self) -> None:
        self.enqueue_group("ann", 1, 2)
        self.lease(SHORT)
        self.advance(SHORT + 0.05)
        self.assertEqual(self.lease_when_due().data["number"], 1)
        self.assert_nothing_ready()

    def test_delayed_message_holds_its_group(self) -> None:
        self.store.enqueue(self.queue, {"number": 1}, group_key="ann", delay=SHORT)
        self.enqueue_group("ann", 2)
        self.enqueue_group("bob", 3)
        self.assert_ready(3)
        self.advance(SHORT)
        first = self.lease_when_due()
        self.assertEqual(first.data["number"], 1)
        first.acknowledge()
        self.assert_ready(2)

    def test_retried_message_holds_its_group(self) -> None:
        self.enqueue_group("ann", 1, 2)
        self.assert_ready(1)[1].nack(delay=SHORT)
        self.assert_nothing_ready()
        self.advance(SHORT)
        first = self.lease_when_due()
        self.assertEqual(first.data["number"], 1)

    def test_younger_message_that_is_due_waits_for_the_older(self) -> None:
        self.enqueue_group("ann", 1)
        self.store.enqueue(self.queue, {"number": 2}, group_key="ann", delay=SHORT)
        first = self.assert_ready(1)[1]
        self.advance(SHORT + 0.05)
        self.assert_nothing_ready()
        first.acknowledge()
        self.assertEqual(self.lease_when_due().data["number"], 2)

    def test_dead_letter_lets_its_group_go_on(self) -> None:
        self.enqueue_group("ann", 1, 2)
        self.assert_ready(1)[1].nack(dead_letter=True)
        self.assert_ready(2)

    def test_message_delivered_too_often_lets_its_group_go_on(self) -> None:
        self.enqueue_group("ann", 1, 2)
        (message,) = self.store.dequeue_many(self.queue, 1, SHORT, max_deliveries=1)
        self.assertEqual(message.data["number"], 1)
        self.advance(SHORT + 0.3)
        self.store.dequeue_many(self.queue, 1, LONG, max_deliveries=1)
        self.assertEqual(self.store.queue_info(self.queue).dead, 1)
        self.assertEqual(self.store.queue_info(self.queue).blocked, 0)

    def test_expired_message_lets_its_group_go_on(self) -> None:
        messages = [{"number": 1}, {"number": 2}]
        self.store.enqueue_many(self.queue, messages, group_key="ann", expires_in=SHORT)
        self.enqueue_group("ann", 3)
        self.advance(SHORT + 0.05)
        self.assertEqual(self.lease_when_due().data["number"], 3)

    def test_pop_lets_the_group_go_on(self) -> None:
        self.enqueue_group("ann", 1, 2)
        self.enqueue_group("bob", 3)
        numbers = []
        while message := self.store.pop(self.queue):
            numbers.append(message.data["number"])
        self.assertEqual(sorted(numbers), [1, 2, 3])
        self.assertLess(numbers.index(1), numbers.index(2))

    def test_pop_takes_no_message_of_a_group_in_work(self) -> None:
        self.enqueue_group("ann", 1, 2)
        self.assert_ready(1)
        self.assertIsNone(self.store.pop(self.queue))

    def test_redriven_message_comes_before_the_younger(self) -> None:
        self.enqueue_group("ann", 1, 2, 3)
        self.assert_ready(1)[1].nack(dead_letter=True)
        second = self.assert_ready(2)[2]
        self.store.redrive(self.queue)
        self.assert_nothing_ready()
        second.acknowledge()
        self.assert_ready(1)[1].acknowledge()
        self.assert_ready(3)

    def test_purge_takes_what_waits(self) -> None:
        self.enqueue_group("ann", 1, 2, 3)
        first = self.assert_ready(1)[1]
        self.assertEqual(self.store.purge(self.queue), 3)
        with self.assertRaises(LeaseLost):
            first.acknowledge()
        self.enqueue_group("ann", 4)
        self.assert_ready(4)

    def test_group_that_skips_goes_on_while_a_message_is_delayed(self) -> None:
        self.store.configure_queue(self.queue, group_policy="skip")
        self.enqueue_group("ann", 1, 2)
        self.assert_ready(1)[1].nack(delay=SHORT)
        second = self.assert_ready(2)[2]
        self.advance(SHORT + 0.05)
        self.assert_nothing_ready()
        second.acknowledge()
        self.assertEqual(self.lease_when_due().data["number"], 1)

    def test_group_that_skips_is_in_order_otherwise(self) -> None:
        self.store.configure_queue(self.queue, group_policy="skip")
        self.store.enqueue(self.queue, {"number": 1}, group_key="ann", delay=LONG)
        self.enqueue_group("ann", 2, 3)
        first = self.assert_ready(2)[2]
        first.nack(delay=0)
        self.assert_ready(2)[2].acknowledge()
        self.assert_ready(3)

    def test_group_policy_may_be_that_of_a_pattern(self) -> None:
        queue = f"{self.queue}-eu"
        self.store.configure_queue(f"{self.queue}-*", group_policy="skip")
        self.store.enqueue(queue, {"number": 1}, group_key="ann", delay=LONG)
        self.store.enqueue(queue, {"number": 2}, group_key="ann")
        self.assertIsNotNone(self.store.dequeue(queue))
