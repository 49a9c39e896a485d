"""What many appends have in common, checked and as texts: made once, and kept."""

from collections.abc import Callable
from typing import Final, NamedTuple

from eventstreaming.backends.waking.topics import stream_topic
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import bucket_of
from eventstreaming.events.limits import Limits
from eventstreaming.events.plain_records import plan_of
from eventstreaming.events.registry import event_types
from eventstreaming.types import JSON

MOST_STREAMS = 4096


class StreamTexts(NamedTuple):
    """A name that is one by these limits, and what follows from it."""

    limits: Limits
    topic: str
    name: bytes
    bucket: bytes


class TypeTexts(NamedTuple):
    """How the records of a class are written."""

    dump: Callable[[object], dict[str, JSON] | None]  # see plain_records.Plan
    event_type: str
    schema_version: int
    name: bytes
    version: bytes


# Looked into by those for whom a call takes too long.
known_streams: Final[dict[str, StreamTexts]] = {}
known_types: Final[dict[type, TypeTexts]] = {}


def stream_texts(stream_name: object, limits: Limits) -> StreamTexts | None:
    """Return and keep what is known of a name; None if it is none, or of a subclass."""
    if (
        type(stream_name) is not str
        or len(stream_name) > limits.name_length
        or not arguments.is_name(stream_name)
    ):
        return None
    if len(known_streams) >= MOST_STREAMS:
        known_streams.clear()
    found = StreamTexts(
        limits,
        stream_topic(stream_name),
        stream_name.encode(),
        b"%d" % bucket_of(stream_name),
    )
    known_streams[stream_name] = found
    return found


def type_texts(cls: type) -> TypeTexts | None:
    """Return and keep what is known of a class; None if its records are not plain."""
    plan = plan_of(cls, True)
    if plan is None:
        return None
    event_type, version = event_types.name_of(cls)
    found = TypeTexts(
        plan.dump, event_type, version, event_type.encode(), b"%d" % version
    )
    known_types[cls] = found
    return found
