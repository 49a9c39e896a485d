"""
What a caller hands in, checked and ready for any store.

Every store calls `new_events()` or `new_message()` first, so all of them
answer bad input alike, before anything is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import TypeAlias, cast
from uuid import UUID
from zlib import crc32

import msgspec

from eventstreaming.events import arguments, codec, values
from eventstreaming.events.correlation import current_correlation
from eventstreaming.events.ids import new_id
from eventstreaming.events.limits import limits
from eventstreaming.events.registry import event_types
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.types import JSON, Append, EventData, ExpectedVersion, StoredEvent

BUCKETS = 1024

Content: TypeAlias = tuple[str, int, JSON, bytes]  # type, version, data, as JSON


# None of these is part of a cycle, so the garbage collector need not know them.
class NewEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    An event that a store can write as it is.

    `json` holds `data` encoded, `metadata_json` the metadata.
    """

    event_id: UUID
    event_type: str
    schema_version: int
    key: str | None
    bucket: int
    data: JSON
    json: bytes
    metadata: dict[str, JSON]
    metadata_json: bytes
    correlation_id: str | None
    causation_id: str | None
    id_is_given: bool

    def stored(
        self, stream_name: str, offset: int, position: int, timestamp: datetime
    ) -> StoredEvent:
        """Return the event as readers will see it, now that it has its places."""
        return StoredEvent(
            stream_name=stream_name,
            offset=offset,
            position=position,
            event_id=self.event_id,
            event_type=self.event_type,
            data=self.data,
            metadata=self.metadata,
            schema_version=self.schema_version,
            key=self.key,
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
            timestamp=timestamp,
        )


class PreparedAppend(msgspec.Struct, frozen=True, kw_only=True):
    """One append that a store can write as it is. It may have no events."""

    stream_name: str
    expected: ExpectedVersion
    new: list[NewEvent]


class NewMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message that a store can write as it is."""

    message_type: str
    schema_version: int
    json: bytes

    @property
    def data(self) -> JSON:
        """Return the JSON value, to the letter."""
        return values.from_json(self.json.decode())


@lru_cache(maxsize=4096)
def bucket_of(key: str) -> int:
    """Return the bucket of a key or stream name, 0 to 1,023."""
    return crc32(key.encode()) & (BUCKETS - 1)


def new_events(
    stream_name: str,
    events: object,
    *,
    key: str | None = None,
    metadata: Mapping[str, JSON] | None = None,
    correlation_id: str | None = None,
    causation_id: str | None = None,
) -> list[NewEvent]:
    """
    Check one or many events of one append; the stream name is checked already.

    Raise InvalidValue or InvalidType naming the event and what is wrong.
    """
    # Most appends have one event and no options: what is not there costs no call.
    key = key if key is None else arguments.text(key, "key")
    shared = metadata if metadata is None else arguments.mapping(metadata, "metadata")
    scope = current_correlation()
    if correlation_id is not None:
        correlation_id = arguments.text(correlation_id, "correlation_id")
    if causation_id is not None:
        causation_id = arguments.text(causation_id, "causation_id")
    correlation_id = correlation_id or scope.correlation_id
    causation_id = causation_id or scope.causation_id
    items = _listed(events)
    result = []
    seen: set[UUID] = set()
    for index, (item, content) in enumerate(zip(items, _contents(items), strict=True)):
        field = f"events[{index}]"
        name, version, data, json = content
        event_id, own_key, own_metadata = None, key, shared
        if isinstance(item, EventData):
            event_id = _given_id(item, field, seen)
            own_key = arguments.text(item.key, f"{field}.key") or key
            own_metadata = _merged(shared, item, field)
        stored_metadata, metadata_json = (
            _metadata(own_metadata, field) if own_metadata else ({}, b"{}")
        )
        result.append(
            NewEvent(
                event_id=event_id or new_id(),
                event_type=name,
                schema_version=version,
                key=own_key,
                bucket=bucket_of(own_key or stream_name),
                data=data,
                json=json,
                metadata=stored_metadata,
                metadata_json=metadata_json,
                correlation_id=correlation_id,
                causation_id=causation_id,
                id_is_given=event_id is not None,
            )
        )
    return result


def prepared_append(
    stream_name: object,
    events: object,
    *,
    expected_version: object,
    key: str | None = None,
    metadata: Mapping[str, JSON] | None = None,
    correlation_id: str | None = None,
    causation_id: str | None = None,
) -> PreparedAppend:
    """Check one append: the stream's name, what is expected, and the events."""
    name = arguments.stream_name(stream_name)
    expected = arguments.expected_version(expected_version)
    new = new_events(
        name,
        events,
        key=key,
        metadata=metadata,
        correlation_id=correlation_id,
        causation_id=causation_id,
    )
    return PreparedAppend(stream_name=name, expected=expected, new=new)


def digest_of(events: list[NewEvent]) -> bytes:
    """Return a digest of types, data and keys; equal for events that say the same."""
    content = [(event.event_type, event.key, event.json) for event in events]
    return sha256(msgspec.msgpack.encode(content)).digest()


def message_digest(message: NewMessage) -> bytes:
    """Return a digest of type and data; equal for messages that say the same."""
    content = (message.message_type, message.json)
    return sha256(msgspec.msgpack.encode(content)).digest()


def checked_appends(appends: object) -> list[Append]:
    """Check the parts of one `append_many()`; their events are checked later."""
    items = _many(appends, "appends", limits().events_per_append)
    for index, item in enumerate(items):
        if not isinstance(item, Append):
            raise InvalidType(
                f"appends[{index}]", f"must be an Append, not {type(item).__name__}"
            )
        arguments.stream_name(item.stream_name, f"appends[{index}].stream_name")
    return cast(list[Append], items)


def given_ids(events: list[NewEvent]) -> list[UUID]:
    """Return the event ids that the caller chose; the store may have them."""
    return [event.event_id for event in events if event.id_is_given]


def refuse_known_id(event_id: UUID) -> InvalidValue:
    """Return the error for an event id that the store has already."""
    return InvalidValue("event_id", f"{event_id} is the id of another event")


def new_messages(messages: object) -> list[NewMessage]:
    """Check the messages of one `enqueue_many()`."""
    items = _many(messages, "messages", limits().messages_per_enqueue)
    alike = codec.dump_alike(items, literal=True)
    if alike is None:
        return [
            new_message(item, f"messages[{index}]") for index, item in enumerate(items)
        ]
    name, version, batch = alike
    encoded = values.all_to_json(batch.rows(), "messages", limits().data_bytes)
    return [
        NewMessage(message_type=name, schema_version=version, json=text)
        for text in encoded
    ]


def new_message(message: object, field: str = "message") -> NewMessage:
    """
    Check one message: a typed object, a dict, or EventData.

    Raise InvalidValue or InvalidType.
    """
    if isinstance(message, EventData) or codec.is_record(message):
        _refuse_what_only_events_have(message, field)
        name, version, data = _typed(message, field, literal=True)
    elif isinstance(message, Mapping):
        name, version = "", 1
        data = _data(message, f"{field}.data", literal=True)
    else:
        raise InvalidType(
            field,
            f"a {type(message).__name__} is no message; use a typed object, a dict "
            "or EventData(type, data)",
        )
    return NewMessage(
        message_type=name,
        schema_version=version,
        json=values.to_json(data, f"{field}.data", limits().data_bytes),
    )


def _refuse_what_only_events_have(message: object, field: str) -> None:
    if not isinstance(message, EventData):
        return
    for name in ("metadata", "key", "event_id"):
        if getattr(message, name) is not None:
            raise InvalidValue(
                f"{field}.{name}", "a message has none; use headers or group_key"
            )


def _contents(items: Sequence[object]) -> list[Content]:
    """Return what events say, checked: one by one, or those of one class at once."""
    alike = codec.dump_alike(items, literal=False) if len(items) > 1 else None
    if not alike:
        return [_content(item, f"events[{index}]") for index, item in enumerate(items)]
    name, version, batch = alike
    encoded = values.all_to_json(batch.rows(), "events", limits().data_bytes)
    return [
        (name, version, data, json)
        for data, json in zip(batch.values(), encoded, strict=True)
    ]


def _content(item: object, field: str) -> Content:
    name, version, data = _typed(item, field)
    json = values.to_json(data, f"{field}.data", limits().data_bytes)
    return name, version, data, json


def _listed(events: object) -> list[object]:
    if isinstance(events, EventData) or codec.is_record(events):
        return [events]
    return _many(events, "events", limits().events_per_append)


def _many(items: object, field: str, maximum: int) -> list[object]:
    if isinstance(items, str | bytes | bytearray | Mapping | type) or not isinstance(
        items, Iterable
    ):
        raise InvalidType(
            field,
            f"a {type(items).__name__} is refused; give a typed object, "
            "EventData(type, data), or an iterable of them",
        )
    result: list[object] = []
    for item in items:
        if len(result) == maximum:
            raise InvalidValue(field, f"has more than {maximum} items", limit=maximum)
        result.append(item)
    return result


def _typed(item: object, field: str, *, literal: bool = False) -> tuple[str, int, JSON]:
    """Return type name, version and checked data; canonical unless `literal`."""
    if isinstance(item, EventData):
        name = arguments.type_name(item.type, f"{field}.type")
        version = (
            event_types.version_of(name)
            if item.schema_version is None
            else arguments.integer(
                item.schema_version, f"{field}.schema_version", 1, 32_767
            )
        )
        return name, version, _data(item.data, f"{field}.data", literal=literal)
    if not codec.is_record(item):
        raise InvalidType(
            field,
            f"a {type(item).__name__} is no event; use a dataclass, Struct, attrs or "
            "pydantic object, or EventData(type, data)",
        )
    name, version = event_types.name_of(type(item))
    return name, version, codec.dump_record(item, f"{field}.data", literal=literal)


def _data(value: object, field: str, *, literal: bool) -> JSON:
    dumped = codec.dump(value, field, literal=literal)
    return values.checked(dumped, field) if literal else values.canonical(dumped, field)


def _given_id(item: EventData, field: str, seen: set[UUID]) -> UUID | None:
    """Check an id that the caller chose; made ones are never there twice."""
    event_id = item.event_id
    if event_id is None:
        return None
    if not isinstance(event_id, UUID):
        raise InvalidType(
            f"{field}.event_id", f"must be a UUID, not {type(event_id).__name__}"
        )
    if event_id in seen:
        raise InvalidValue(f"{field}.event_id", f"{event_id} is there twice")
    seen.add(event_id)
    return event_id


def _merged(
    shared: Mapping[str, JSON] | None, item: EventData, field: str
) -> Mapping[str, JSON] | None:
    if item.metadata is None:
        return shared
    return {**(shared or {}), **arguments.mapping(item.metadata, f"{field}.metadata")}


def _metadata(value: Mapping[str, JSON], field: str) -> tuple[dict[str, JSON], bytes]:
    """Return metadata as it is kept, and encoded."""
    field = f"{field}.metadata"
    data = values.canonical(codec.dump(dict(value), field), field)
    return data, values.to_json(data, field, limits().metadata_bytes)
