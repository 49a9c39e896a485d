"""Assertions about what was enqueued and appended; a failure lists what is there."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.base_rehearsing import LiveMessage
from eventstreaming.backends.twins import async_function
from eventstreaming.processing.source_places import read_source
from eventstreaming.processing.sources import Source
from eventstreaming.testing.expectations import Expectation, check_count, listing
from eventstreaming.types import JSON, StoredEvent

MESSAGE_LINE = "#{item.message_id} {item.message_type}"
EVENT_LINE = "{item.stream_name}@{item.offset} {item.event_type}"


def assert_enqueued(
    stream_name: str,
    message: object = None,
    *,
    message_type: type[Any] | str | None = None,
    data: Mapping[str, JSON] | None = None,
    headers: Mapping[str, JSON] | None = None,
    priority: int | None = None,
    group_key: str | None = None,
    count: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> list[LiveMessage]:
    """
    Fail unless the queue holds such a message; return those that it holds.

    `message` is a whole one, as it was given to enqueue(). Else `message_type` is a class
    or a name ("" for plain data), and `data` and `headers` are entries that must be
    there, among others. `count` is how many there must be, at least one without.
    Messages that are done are no longer there, dead letters neither.

    Raise AssertionError, whose text lists what the queue holds, and which other
    queues hold something.
    """
    wanted = Expectation.of(
        "message",
        message,
        message_type,
        data,
        headers=headers,
        priority=priority,
        group_key=group_key,
    )
    held = event_stores[store].live_messages(stream_name)
    found = [item for item in held if wanted.fits(item)]
    if count is None and found:
        return found
    shown = listing(held, f"queue {stream_name!r}", MESSAGE_LINE)
    others = Counter(
        item.stream_name
        for item in event_stores[store].live_messages()
        if item.stream_name != stream_name
    )
    if others:
        counts = ", ".join(f"{name} ({n})" for name, n in sorted(others.items())[:20])
        shown += f"\nother queues with messages: {counts}"
    check_count(found, count, f"in queue {stream_name!r} with {wanted}", shown)
    return found


def assert_not_enqueued(
    stream_name: str | None = None,
    message: object = None,
    *,
    message_type: type[Any] | str | None = None,
    data: Mapping[str, JSON] | None = None,
    headers: Mapping[str, JSON] | None = None,
    store: str = DEFAULT_ALIAS,
) -> None:
    """
    Fail if the queue, or without a name any queue, holds such a message.

    See assert_enqueued() for the arguments. Raise AssertionError, whose text
    lists those messages.
    """
    wanted = Expectation.of("message", message, message_type, data, headers=headers)
    held = event_stores[store].live_messages(stream_name)
    found = [item for item in held if wanted.fits(item)]
    place = "any queue" if stream_name is None else f"queue {stream_name!r}"
    line = "{item.stream_name} #{item.message_id} {item.message_type}"
    check_count(
        found, 0, f"in {place} with {wanted}", listing(found, "the store", line)
    )


def assert_appended(
    source: str,
    event: object = None,
    *,
    event_type: type[Any] | str | None = None,
    data: Mapping[str, JSON] | None = None,
    metadata: Mapping[str, JSON] | None = None,
    count: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> list[StoredEvent]:
    """
    Fail unless a stream has such an event; return those that it has, in order.

    `source` is a stream ("order-1"), a category ("order-*") or "*". `event` is a
    whole one, as it was given to append(). Else `event_type` is a class or a name, and
    `data` and `metadata` are entries that must be there, among others. `count` is
    how many there must be, at least one without.

    Raise AssertionError, whose text lists the last events of the source.
    """
    wanted = Expectation.of("event", event, event_type, data, metadata=metadata)
    events = list(read_source(event_stores[store], Source.parse(source), None))
    found = [item for item in events if wanted.fits(item)]
    shown = listing(events[::-1], repr(source), EVENT_LINE)
    check_count(found, count, f"in {source!r} with {wanted}", shown)
    return found


def assert_not_appended(
    source: str = "*",
    event: object = None,
    *,
    event_type: type[Any] | str | None = None,
    data: Mapping[str, JSON] | None = None,
    metadata: Mapping[str, JSON] | None = None,
    store: str = DEFAULT_ALIAS,
) -> None:
    """
    Fail if a stream, or without a name any stream, has such an event.

    See assert_appended() for the arguments. Raise AssertionError, whose text
    lists those events.
    """
    wanted = Expectation.of("event", event, event_type, data, metadata=metadata)
    events = read_source(event_stores[store], Source.parse(source), None)
    found = [item for item in events if wanted.fits(item)]
    shown = listing(found, repr(source), EVENT_LINE)
    check_count(found, 0, f"in {source!r} with {wanted}", shown)


aassert_enqueued = async_function(assert_enqueued)
aassert_not_enqueued = async_function(assert_not_enqueued)
aassert_appended = async_function(assert_appended)
aassert_not_appended = async_function(assert_not_appended)
