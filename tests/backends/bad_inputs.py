"""Every bad input: what is called, with what, and the error that it gets."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import InvalidArgument, InvalidType, InvalidValue
from eventstreaming.testing.contract import inputs
from eventstreaming.types import Append, EventData
from tests.backends import bad_values as values
from tests.backends.bad_values import Bad

EVENT = EventData("Noted", {})
STREAM, QUEUE = "bad-inputs", "bad-inputs"
CANARY = "hunter2-canary"  # in all data; no error may repeat it


class BadInput(NamedTuple):
    """One call with one bad argument; `field` is what the error names."""

    operation: str
    argument: str
    value: Any
    error: type[InvalidArgument]
    field: str
    limit: object

    def call(self, store: BaseEventStore) -> object:
        """Call the operation; its other arguments are good."""
        arguments = {**GOOD[self.operation], self.argument: self.value}
        return getattr(store, self.operation)(**arguments)


_MESSAGE = {"stream_name": QUEUE, "message_id": "7"}

# The arguments with which each operation would be let through.
GOOD: dict[str, dict[str, Any]] = {
    "append": {"stream_name": STREAM, "events": EVENT},
    "append_many": {"appends": [Append(STREAM, EVENT)]},
    "read_stream": {"stream_name": STREAM},
    "read_category": {"category": "bad"},
    "read_all": {},
    "stream_info": {"stream_name": STREAM},
    "create_stream": {"stream_name": STREAM},
    "truncate_stream": {"stream_name": STREAM, "before_offset": 0},
    "delete_stream": {"stream_name": STREAM},
    "enqueue": {"stream_name": QUEUE, "message": {}},
    "enqueue_many": {"stream_name": QUEUE, "messages": [{}]},
    "dequeue": {"stream_name": QUEUE},
    "dequeue_many": {"stream_name": QUEUE, "limit": 1},
    "pop": {"stream_name": QUEUE},
    "acknowledge": _MESSAGE,
    "acknowledge_many": {"stream_name": QUEUE, "messages": []},
    "nack": _MESSAGE,
    "extend_visibility": {**_MESSAGE, "timeout": 60, "receipt": "7:1"},
    "extend_many": {"messages": [], "timeout": 60},
    "release": {"messages": []},
    "queue_info": {"stream_name": QUEUE},
    "queue_settings": {"stream_name": QUEUE},
    "dead_letters": {"stream_name": QUEUE},
    "redrive": {"stream_name": QUEUE},
    "discard": {"stream_name": QUEUE},
    "purge": {"stream_name": QUEUE},
}
BAD_INPUTS: list[BadInput] = []


def add(
    operations: str,
    argument: str,
    bad: Iterable[Bad],
    *,
    field: str | None = None,
    wrap: Callable[[Any], Any] = lambda value: value,
) -> None:
    """Add values of one argument of some operations; `wrap` puts them into it."""
    for operation in operations.split():
        BAD_INPUTS.extend(
            BadInput(operation, argument, wrap(value), error, field or argument, limit)
            for value, error, limit in bad
        )


def optional(bad: Iterable[Bad]) -> list[Bad]:
    """Leave None out, which stands for nothing."""
    return [item for item in bad if item.value is not None]


def data(value: Any) -> dict[str, Any]:
    return {"password": CANARY, "v": value}


def event(value: Any) -> EventData:
    return EventData("Noted", data(value))


add(
    "append read_stream stream_info create_stream enqueue enqueue_many dequeue "
    "dequeue_many pop acknowledge acknowledge_many nack extend_visibility queue_info "
    "redrive discard purge truncate_stream delete_stream queue_settings",
    "stream_name",
    values.NAMES,
)
add("read_category", "category", [*values.NAMES, Bad("a-b", InvalidValue)])
add("dead_letters", "stream_name", optional(values.NAMES))
add(
    "append_many",
    "appends",
    values.NAMES,
    field="appends[0].stream_name",
    wrap=lambda name: [Append(name, EVENT)],
)
add(
    "append",
    "events",
    values.NAMES,
    field="events[0].type",
    wrap=lambda name: EventData(name, {}),
)
add(
    "enqueue",
    "message",
    values.NAMES,
    field="message.type",
    wrap=lambda name: EventData(name, {}),
)

for path, bad in values.DATA:
    add("append", "events", [bad], field=f"events[0].data{path}", wrap=event)
    add("enqueue", "message", [bad], field=f"message.data{path}", wrap=data)
    add("enqueue", "headers", [bad], field=f"headers{path}", wrap=data)
    add("append", "metadata", [bad], field=f"events[0].metadata{path}", wrap=data)
    add(
        "enqueue_many",
        "messages",
        [bad],
        field=f"messages[1].data{path}",
        wrap=lambda value: [{}, data(value)],
    )
add("append", "events", values.WHOLE_DATA, field="events[0].data", wrap=event)
add("enqueue", "message", values.WHOLE_DATA, field="message.data", wrap=data)
for kind in (list, dict):
    endless = [Bad(values.endless(kind), InvalidValue)]
    add("append", "events", endless, field="events[0].data", wrap=event)
    add("enqueue", "message", endless, field="message.data", wrap=data)
for field, events, error in inputs.EVENTS:
    add("append", "events", [Bad(events, error)], field=field)
add("append enqueue", "correlation_id", values.TEXTS)
add("append", "causation_id", values.TEXTS)
add("append", "key", values.TEXTS)
add("enqueue", "group_key", values.TEXTS)
add("enqueue", "deduplication_key", values.TEXTS)
add("dead_letters redrive discard", "reason", values.TEXTS)
add("dead_letters redrive discard", "fingerprint", values.TEXTS)
add("append", "metadata", values.OBJECTS)
add("enqueue enqueue_many", "headers", values.OBJECTS)

add("append delete_stream", "expected_version", values.VERSIONS)
add("read_stream", "from_offset", values.PLACES)
add("read_stream", "to_offset", values.PLACES)
add("read_category read_all", "from_position", values.PLACES)
add("read_stream read_category read_all", "limit", values.PLACES)
add("truncate_stream", "before_offset", [*values.PLACES, Bad(None, InvalidType)])
add("read_stream read_category read_all", "batch_size", values.COUNTS)
add("read_stream read_category read_all", "backwards", values.FLAGS)
add("create_stream", "concurrent", optional(values.FLAGS))
add("nack", "dead_letter", values.FLAGS)
add("queue_info", "exact", values.FLAGS)
add("dequeue_many dead_letters", "limit", values.COUNTS)
for names, error in inputs.TYPE_NAMES:
    types = [Bad(names, error)]
    add("read_stream read_category read_all", "event_types", types)

add("enqueue enqueue_many", "delay", values.DURATIONS)
add("enqueue enqueue_many", "expires_in", values.DURATIONS)
add("nack", "delay", values.DURATIONS)
add("dequeue", "wait", values.DURATIONS)
add("dequeue dequeue_many", "visibility_timeout", values.TIMEOUTS)
add("extend_visibility extend_many", "timeout", values.TIMEOUTS)
add("enqueue enqueue_many", "priority", values.PRIORITIES)
add("acknowledge nack extend_visibility", "message_id", values.IDS)
add("redrive discard", "ids", values.IDS, field="message_id", wrap=lambda key: [key])
add("acknowledge nack extend_visibility", "receipt", values.RECEIPTS)
add("extend_visibility", "receipt", [Bad(None, InvalidType)])

NOT_MESSAGES = [
    Bad(value, InvalidType)
    for value in ("text", b"bytes", [], None, 7, EventData, values.awaited, object())
]
add("enqueue", "message", NOT_MESSAGES)
add(
    "acknowledge_many extend_many release",
    "messages",
    [Bad(None, InvalidType), Bad(7, InvalidType)],
)
add("enqueue_many", "messages", [Bad([{}] * 10_001, InvalidValue, 10_000)])
add(
    "append_many", "appends", [Bad([Append(STREAM, [])] * 10_001, InvalidValue, 10_000)]
)
add(
    "append_many",
    "appends",
    [
        Bad([Append(STREAM, EVENT), None], InvalidType),
        Bad([Append(STREAM, EVENT), "a"], InvalidType),
    ],
    field="appends[1]",
)
add(
    "enqueue",
    "message",
    [Bad(EventData("Noted", {}, event_id=UUID(int=7)), InvalidValue)],
    field="message.event_id",
)
