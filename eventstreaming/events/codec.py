"""
Typed objects to JSON values and back, by msgspec.

Dataclasses, attrs classes and msgspec Structs are read and written by their
annotations: nested records, lists, Decimal, aware datetimes, UUID and Enum
come back as they went in. pydantic models use pydantic itself.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from eventstreaming.events import values
from eventstreaming.events.arguments import excerpt, plain
from eventstreaming.events.plain_batches import PlainBatch, plain_batch
from eventstreaming.events.plain_records import plain_record
from eventstreaming.events.registry import event_types
from eventstreaming.exceptions import (
    InvalidArgument,
    InvalidPayload,
    InvalidType,
    InvalidValue,
    UnknownEventType,
    UnreadablePayload,
)
from eventstreaming.types import JSON, Append, DeadLetter, Message, StoredEvent

_KEPT = (bytes, datetime, Decimal)  # values.py checks these itself
_NO_RECORDS = (StoredEvent, Message, DeadLetter, Append)


def is_record(value: object) -> bool:
    """
    Say whether `value` is one object of a class with typed fields.

    What comes out of a store is none: its payload is.
    """
    cls: type = type(value)
    return _makes_records(cls)


@lru_cache(maxsize=1024)  # asked for each event and message
def _makes_records(cls: type) -> bool:
    return not issubclass(cls, _NO_RECORDS) and (
        is_dataclass(cls)
        or issubclass(cls, msgspec.Struct)
        or hasattr(cls, "__attrs_attrs__")
        or hasattr(cls, "model_dump")
    )


def dump(value: object, field: str, *, literal: bool = False) -> JSON:
    """
    Turn any value that the codec knows into builtin types.

    Dicts and sets are ordered, the same for equal values; `literal` keeps the
    order of a dict's keys. Raise InvalidType for what the codec does not know
    and InvalidValue for what is nested without end. The result is still to be
    checked by `values`.
    """
    try:
        return msgspec.to_builtins(
            value,
            builtin_types=_KEPT,
            enc_hook=_dump_unknown,
            order=None if literal else "deterministic",
        )
    except RecursionError:
        raise InvalidValue(field, "is nested too deeply") from None
    except UnicodeError:
        raise InvalidValue(field, "holds a lone surrogate") from None
    except (TypeError, NotImplementedError) as error:
        raise InvalidType(field, f"cannot be stored: {excerpt(str(error))}") from error


def dump_record(record: object, field: str, *, literal: bool = False) -> JSON:
    """
    Turn a record into checked JSON values that its class can read back.

    They are canonical unless `literal`. Raise InvalidValue when they do not fit
    the annotations: an event that cannot be read is not written.
    """
    plain = plain_record(record, canonical=not literal)
    if plain is not None:
        return plain
    data = dump(record, field, literal=literal)
    data = values.checked(data, field) if literal else values.canonical(data, field)
    try:
        _load(type(record), data)
    except InvalidArgument:
        raise
    except (TypeError, NameError, NotImplementedError) as error:
        raise InvalidType(
            field,
            f"{type(record).__name__} cannot be read back: {_short(error)}",
        ) from error
    except Exception as error:  # the class may check itself, and raise what it likes
        raise InvalidValue(
            field, f"does not fit {type(record).__name__}: {_short(error)}"
        ) from error
    return data


def dump_alike(
    items: Sequence[object], *, literal: bool
) -> tuple[str, int, PlainBatch] | None:
    """
    Return type, version and all data of records of one class, checked at once.

    None where each is to be looked at by itself: then dump_record() says what is
    wrong with which.
    """
    batch = plain_batch(items, canonical=not literal)
    if batch is None:
        return None
    name, version = event_types.name_of(type(items[0]))
    return name, version, batch


def decode_event(event: StoredEvent) -> Any:
    """Return an event's payload. Errors say where it lies. See decode()."""
    origin = f"stream {event.stream_name!r}, offset {event.offset}"
    try:
        return decode(event.event_type, event.schema_version, event.data, origin)
    except UnreadablePayload as error:
        error.stream_name, error.offset = event.stream_name, event.offset
        raise


def decode_message(message: Message) -> Any:
    """Return a message's payload. Errors say where it lies. See decode()."""
    origin = f"queue {message.stream_name!r}, message {message.message_id}"
    try:
        return decode(
            message.message_type, message.schema_version, message.data, origin
        )
    except UnreadablePayload as error:
        error.stream_name, error.message_id = message.stream_name, message.message_id
        raise


def decode(type_name: str, schema_version: int, data: JSON, origin: str) -> Any:
    """
    Return the typed object of the newest version for stored data.

    `origin` says in errors where the data lies. Raise UnknownEventType or
    InvalidPayload.
    """
    cls = event_types.class_of(type_name)
    if cls is None:
        raise UnknownEventType(type_name, origin)
    newest = event_types.version_of(type_name)
    if schema_version > newest:
        raise InvalidPayload(
            type_name,
            origin,
            f"it has version {schema_version}, this process knows up to {newest}",
        )
    if schema_version < newest:
        data = _upcast(type_name, schema_version, newest, data, origin)
    try:
        return _load(cls, data)
    except Exception as error:  # the class may check itself, and raise what it likes
        raise InvalidPayload(type_name, origin, _short(error)) from error


def _upcast(type_name: str, version: int, newest: int, data: JSON, origin: str) -> JSON:
    data = deepcopy(data)
    while version < newest:
        upcast = event_types.upcaster_of(type_name, version)
        if upcast is None:
            raise InvalidPayload(
                type_name, origin, f"there is no upcaster from version {version}"
            )
        try:
            data = upcast(data)
        except Exception as error:
            raise InvalidPayload(
                type_name,
                origin,
                f"the upcaster from version {version} raised {_short(error)}",
            ) from error
        version += 1
    return data


def _load(cls: type, data: JSON) -> Any:
    if hasattr(cls, "model_validate"):
        return cls.model_validate(data)
    return msgspec.convert(data, type=cls, dec_hook=_load_unknown)


def _dump_unknown(value: Any) -> JSON:
    if hasattr(type(value), "model_dump"):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, str):
        return plain(value)
    for base in (int, float):
        if isinstance(value, base):
            return base(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"a {type(value).__name__} has no JSON form")


def _load_unknown(cls: type, data: JSON) -> Any:
    if cls is object:  # says no more than Any
        return data
    if hasattr(cls, "model_validate"):
        return cls.model_validate(data)
    raise NotImplementedError(f"{cls.__name__} has no JSON form")


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {excerpt(str(error))}"


StoredEvent.decode = staticmethod(decode_event)
Message.decode = staticmethod(decode_message)
