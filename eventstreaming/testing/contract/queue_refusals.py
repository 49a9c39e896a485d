"""Bad input to queues: the same typed error from every store."""

from collections.abc import Callable
from functools import partial

from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.testing.contract import inputs
from eventstreaming.testing.contract.case import LONG
from eventstreaming.testing.contract.inputs import Refused
from eventstreaming.testing.contract.refusing import RefusingCase, giving
from eventstreaming.types import EventData


class QueueRefusalContract(RefusingCase):
    """Messages, ids, receipts and durations are checked before anything happens."""

    def test_bad_messages_are_refused(self) -> None:
        messages: list[Refused] = [
            ("text", InvalidType),
            (b"bytes", InvalidType),
            ([], InvalidType),
            (None, InvalidType),
            (7, InvalidType),
            (EventData, InvalidType),
        ]
        many: list[Refused] = [
            ("text", InvalidType),
            ({"n": 1}, InvalidType),
            (None, InvalidType),
            ([{}] * 10_001, InvalidValue),
        ]
        with self.nothing_written():
            self.refuse(
                "enqueue",
                "message",
                messages,
                lambda message: self.store.enqueue(self.queue, message),
            )
            self.refuse(
                "enqueue_many",
                "messages[1]",
                messages,
                lambda message: self.store.enqueue_many(self.queue, [{}, message]),
            )
            self.refuse(
                "enqueue_many",
                "messages",
                many,
                lambda messages: self.store.enqueue_many(self.queue, messages),
            )

    def test_bad_enqueue_options_are_refused(self) -> None:
        delays: list[Refused] = [*inputs.DURATIONS, (11 * 366 * 86_400, InvalidValue)]
        options = {
            "delay": delays,
            "expires_in": delays,
            "priority": inputs.PRIORITIES,
            "group_key": inputs.TEXTS,
            "headers": inputs.OBJECTS,
            "correlation_id": inputs.TEXTS,
        }
        functions: dict[str, Callable[..., object]] = {
            "enqueue": partial(self.store.enqueue, self.queue, {}),
            "enqueue_many": partial(self.store.enqueue_many, self.queue, [{}]),
        }
        with self.nothing_written():
            for what, enqueue in functions.items():
                for option, values in options.items():
                    self.refuse(what, option, values, giving(option, enqueue))
                with self.assertRaises(InvalidValue) as caught:
                    enqueue(group_key="customer-1", priority=1)
                self.assertEqual(caught.exception.field, "priority")
            self.refuse(
                "enqueue",
                "deduplication_key",
                inputs.TEXTS,
                giving("deduplication_key", functions["enqueue"]),
            )

    def test_bad_dequeue_arguments_are_refused(self) -> None:
        store, queue = self.store, self.queue
        with self.nothing_written():
            self.refuse(
                "dequeue_many",
                "limit",
                inputs.COUNTS,
                lambda limit: store.dequeue_many(queue, limit),
            )
            self.refuse(
                "dequeue",
                "visibility_timeout",
                inputs.TIMEOUTS,
                lambda timeout: store.dequeue(queue, timeout),
            )
            self.refuse(
                "dequeue",
                "wait",
                inputs.DURATIONS,
                lambda wait: store.dequeue(queue, wait=wait),
            )

    def test_bad_ids_and_receipts_are_refused(self) -> None:
        store, queue = self.store, self.queue
        with self.nothing_written():
            for what, by_id in {
                "acknowledge": lambda number: store.acknowledge(queue, number),
                "nack": lambda number: store.nack(queue, number),
                "extend_visibility": lambda number: store.extend_visibility(
                    queue, number, LONG, receipt="1:1"
                ),
                "redrive": lambda number: store.redrive(queue, [number]),
            }.items():
                self.refuse(what, "message_id", inputs.MESSAGE_IDS, by_id)
            for what, by_receipt in {
                "acknowledge": lambda receipt: store.acknowledge(
                    queue, "7", receipt=receipt
                ),
                "nack": lambda receipt: store.nack(queue, "7", receipt=receipt),
                "extend_visibility": lambda receipt: store.extend_visibility(
                    queue, "7", LONG, receipt=receipt
                ),
            }.items():
                self.refuse(what, "receipt", inputs.RECEIPTS, by_receipt)
            self.refuse(
                "extend_visibility",
                "receipt",
                [(None, InvalidType)],
                lambda receipt: store.extend_visibility(
                    queue, "7", LONG, receipt=receipt
                ),
            )

    def test_bad_decisions_are_refused(self) -> None:
        store, queue = self.store, self.queue

        nack = partial(store.nack, queue, "7")
        attempts: list[Refused] = [
            (0, InvalidValue),
            (32_768, InvalidValue),
            (True, InvalidType),
        ]
        with self.nothing_written():
            self.refuse("nack", "delay", inputs.DURATIONS, giving("delay", nack))
            self.refuse(
                "nack", "dead_letter", inputs.FLAGS, giving("dead_letter", nack)
            )
            self.refuse("nack", "max_attempts", attempts, giving("max_attempts", nack))
            self.refuse(
                "extend_visibility",
                "timeout",
                inputs.TIMEOUTS,
                lambda timeout: store.extend_visibility(
                    queue, "7", timeout, receipt="7:1"
                ),
            )
            self.refuse(
                "extend_many",
                "timeout",
                inputs.TIMEOUTS,
                lambda timeout: store.extend_many([], timeout),
            )

    def test_collections_of_messages_are_checked(self) -> None:
        store, queue, other = self.store, self.queue, self.new_name()
        self.enqueue_numbers(1, queue=other)
        elsewhere = store.dequeue_many(other, 1, LONG)
        bad: list[Refused] = [(None, InvalidType), (elsewhere[0], InvalidType)]
        items: list[Refused] = [(["7"], InvalidType), ([None], InvalidType)]
        with self.nothing_written():
            for what, call in {
                "acknowledge_many": lambda some: store.acknowledge_many(queue, some),
                "extend_many": lambda some: store.extend_many(some, LONG),
                "release": store.release,
            }.items():
                self.refuse(what, "messages", bad, call)
                self.refuse(what, "messages[0]", items, call)
            self.refuse(
                "acknowledge_many",
                "messages[0]",
                [(elsewhere, InvalidValue)],
                lambda some: store.acknowledge_many(queue, some),
            )
        elsewhere[0].acknowledge()

    def test_bad_arguments_of_operators_are_refused(self) -> None:
        store, queue = self.store, self.queue
        limits: list[Refused] = [(0, InvalidValue), (True, InvalidType)]
        ids: list[Refused] = [("7", InvalidType), (7, InvalidType)]
        with self.nothing_written():
            self.refuse(
                "queue_info",
                "exact",
                inputs.FLAGS,
                lambda exact: store.queue_info(queue, exact=exact),
            )
            self.refuse(
                "dead_letters",
                "limit",
                inputs.COUNTS,
                lambda limit: store.dead_letters(queue, limit=limit),
            )
            for option in ("reason", "fingerprint"):
                find = giving(option, partial(store.dead_letters, queue))
                self.refuse("dead_letters", option, inputs.TEXTS, find)
            self.refuse("redrive", "ids", ids, lambda some: store.redrive(queue, some))
            self.refuse(
                "redrive",
                "limit",
                limits,
                lambda limit: store.redrive(queue, limit=limit),
            )
