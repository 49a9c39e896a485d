"""Bad input to streams: the same typed error from every store."""

from collections.abc import Callable
from functools import partial
from typing import Any

from eventstreaming.exceptions import InvalidValue
from eventstreaming.testing.contract import inputs
from eventstreaming.testing.contract.case import LONG
from eventstreaming.testing.contract.inputs import Refused
from eventstreaming.testing.contract.refusing import Call, RefusingCase, giving
from eventstreaming.types import EventData

EVENT = EventData("Noted", {})


class RefusalContract(RefusingCase):
    """Names, events, data and readers are checked before anything happens."""

    def test_bad_names_are_refused_everywhere(self) -> None:
        store = self.store
        calls: dict[str, Call] = {
            "append": lambda name: store.append(name, EVENT),
            "read_stream": store.read_stream,
            "stream_info": store.stream_info,
            "create_stream": store.create_stream,
            "enqueue": lambda name: store.enqueue(name, {}),
            "enqueue_many": lambda name: store.enqueue_many(name, [{}]),
            "dequeue": store.dequeue,
            "dequeue_many": lambda name: store.dequeue_many(name, 1),
            "pop": store.pop,
            "acknowledge": lambda name: store.acknowledge(name, "1"),
            "acknowledge_many": lambda name: store.acknowledge_many(name, []),
            "nack": lambda name: store.nack(name, "1"),
            "extend_visibility": lambda name: store.extend_visibility(
                name, "1", LONG, receipt="1:1"
            ),
            "queue_info": store.queue_info,
            "redrive": store.redrive,
            "purge": store.purge,
        }
        with self.nothing_written():
            for what, call in calls.items():
                self.refuse(what, "stream_name", inputs.NAMES, call)
            optional = [refused for refused in inputs.NAMES if refused[0] is not None]
            self.refuse("dead_letters", "stream_name", optional, store.dead_letters)
            categories: list[Refused] = [*inputs.NAMES, ("a-b", InvalidValue)]
            self.refuse("read_category", "category", categories, store.read_category)

    def test_bad_events_are_refused(self) -> None:
        with self.nothing_written():
            for field, events, error in inputs.EVENTS:
                self.refuse(
                    "events",
                    field,
                    [(events, error)],
                    lambda events: self.store.append(self.stream, events),
                )

    def test_bad_data_is_refused(self) -> None:
        def append(value: Any) -> object:
            return self.store.append(self.stream, EventData("Noted", {"v": value}))

        def enqueue(value: Any) -> object:
            message = EventData("Noted", {"v": value})
            return self.store.enqueue(self.queue, message)

        with self.nothing_written():
            for path, value, error in inputs.VALUES:
                values = [(value, error)]
                self.refuse("event", f"events[0].data{path}", values, append)
                self.refuse("message", f"message.data{path}", values, enqueue)

    def test_data_may_be_nested_100_levels_deep(self) -> None:
        with self.nothing_written():
            for value in (inputs.nested(101), inputs.nested(100_000)):
                with self.assertRaises(InvalidValue) as caught:
                    self.store.append(self.stream, EventData("Noted", value))
                self.assertLess(len(str(caught.exception)), 300)
        deepest = inputs.nested(100)
        (event,) = self.store.append(self.stream, EventData("Noted", deepest))
        self.assertEqual(event.data, deepest)

    def test_bad_append_options_are_refused(self) -> None:
        append = partial(self.store.append, self.stream, EVENT)
        with self.nothing_written():
            for option in ("key", "correlation_id", "causation_id"):
                self.refuse("append", option, inputs.TEXTS, giving(option, append))
            for option, values in (
                ("metadata", inputs.OBJECTS),
                ("expected_version", inputs.VERSIONS),
            ):
                self.refuse("append", option, values, giving(option, append))

    def test_bad_read_arguments_are_refused_at_the_call(self) -> None:
        readers: dict[str, Callable[..., object]] = {
            "read_stream": partial(self.store.read_stream, self.stream),
            "read_category": partial(self.store.read_category, self.stream),
            "read_all": self.store.read_all,
        }
        for_all = {
            "limit": inputs.PLACES,
            "backwards": inputs.FLAGS,
            "event_types": inputs.TYPE_NAMES,
            "batch_size": inputs.COUNTS,
        }
        by_offset = {"from_offset": inputs.PLACES, "to_offset": inputs.PLACES}
        by_position = {"from_position": inputs.PLACES}
        with self.nothing_written():
            for what, read in readers.items():
                places = by_offset if what == "read_stream" else by_position
                for option, values in (places | for_all).items():
                    self.refuse(what, option, values, giving(option, read))
