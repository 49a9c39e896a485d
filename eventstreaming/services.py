"""
The public functions: what a project calls.

Each mirrors the method of the store that `store` names, and has an async twin
with an `a` prefix. Bad arguments raise InvalidValue or InvalidType before
anything is written. Writes take part in the caller's transaction.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.base import BATCH_SIZE
from eventstreaming.backends.twins import async_function, async_reader
from eventstreaming.types import (
    ANY_VERSION,
    JSON,
    DeadLetter,
    Duration,
    EnqueuedId,
    ExpectedVersion,
    Message,
    QueueInfo,
    StoredEvent,
    StreamInfo,
)


def append(
    stream_name: str,
    events: Iterable[object] | object,
    *,
    expected_version: ExpectedVersion = ANY_VERSION,
    key: str | None = None,
    idempotency_key: str | None = None,
    metadata: Mapping[str, JSON] | None = None,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    store: str = DEFAULT_ALIAS,
) -> list[StoredEvent]:
    """
    Append one event or an iterable of events, all or none, in order.

    The stream appears on its first append. `expected_version` is the offset
    of the last event that the caller believes in, or ANY_VERSION, NO_STREAM,
    STREAM_EXISTS; if the stream is elsewhere, WrongExpectedVersion is raised,
    nothing is written, and the caller's transaction goes on. `key` orders the
    events for partitioned subscriptions (default: the stream name).

    Others see the events when the caller's transaction commits; until then
    other appends to the same serial stream wait.
    """
    return event_stores[store].append(
        stream_name,
        events,
        expected_version=expected_version,
        key=key,
        idempotency_key=idempotency_key,
        metadata=metadata,
        correlation_id=correlation_id,
        causation_id=causation_id,
    )


def read_stream(
    stream_name: str,
    from_offset: int | None = None,
    *,
    to_offset: int | None = None,
    limit: int | None = None,
    backwards: bool = False,
    event_types: Iterable[str] | None = None,
    batch_size: int = BATCH_SIZE,
    store: str = DEFAULT_ALIAS,
) -> Iterator[StoredEvent]:
    """
    Iterate over a stream's events in offset order, in constant memory.

    `from_offset` (default: the beginning, or the end when `backwards`) and
    `to_offset` are inclusive, so a reader resumes at `last + 1`. `limit`
    counts what comes out after `event_types`. The iterator ends at the event
    that was the last one at its first fetch. An unknown stream is empty. A
    `from_offset` that is no longer kept raises EventsTruncated at the fetch.
    """
    return event_stores[store].read_stream(
        stream_name,
        from_offset,
        to_offset=to_offset,
        limit=limit,
        backwards=backwards,
        event_types=event_types,
        batch_size=batch_size,
    )


def read_category(
    category: str,
    from_position: int | None = None,
    *,
    limit: int | None = None,
    backwards: bool = False,
    event_types: Iterable[str] | None = None,
    batch_size: int = BATCH_SIZE,
    store: str = DEFAULT_ALIAS,
) -> Iterator[StoredEvent]:
    """
    Iterate over the events of all streams of a category, in position order.

    The category is the part of a stream name before its first `-`. No committed
    event is ever skipped. Inside a REPEATABLE READ or SERIALIZABLE block the
    first fetch raises UnsafeIsolation.
    """
    return event_stores[store].read_category(
        category,
        from_position,
        limit=limit,
        backwards=backwards,
        event_types=event_types,
        batch_size=batch_size,
    )


def read_all(
    from_position: int | None = None,
    *,
    limit: int | None = None,
    backwards: bool = False,
    event_types: Iterable[str] | None = None,
    batch_size: int = BATCH_SIZE,
    store: str = DEFAULT_ALIAS,
) -> Iterator[StoredEvent]:
    """Iterate over the events of the whole store. See read_category()."""
    return event_stores[store].read_all(
        from_position,
        limit=limit,
        backwards=backwards,
        event_types=event_types,
        batch_size=batch_size,
    )


def stream_info(stream_name: str, *, store: str = DEFAULT_ALIAS) -> StreamInfo:
    """Return first and last offset, length and times of a stream."""
    return event_stores[store].stream_info(stream_name)


def create_stream(
    stream_name: str, *, concurrent: bool = False, store: str = DEFAULT_ALIAS
) -> bool:
    """
    Create an empty stream; return False if it is there already.

    Appending creates a stream, too, but others wait for that transaction.
    Raise StreamKindConflict when it exists as the other kind.
    """
    return event_stores[store].create_stream(stream_name, concurrent=concurrent)


def enqueue(
    stream_name: str,
    message: object,
    *,
    delay: Duration | None = None,
    priority: int = 0,
    group_key: str | None = None,
    deduplication_key: str | None = None,
    idempotency_key: str | None = None,
    expires_in: Duration | None = None,
    headers: Mapping[str, JSON] | None = None,
    correlation_id: str | None = None,
    store: str = DEFAULT_ALIAS,
) -> EnqueuedId:
    """
    Put one message into a queue and return its id.

    `message` is a typed object, a dict, or EventData. Higher `priority` comes
    first, then the order of enqueueing. It is delivered after `delay` seconds,
    and not after `expires_in` seconds. It appears when the caller's
    transaction commits.
    """
    return event_stores[store].enqueue(
        stream_name,
        message,
        delay=delay,
        priority=priority,
        group_key=group_key,
        deduplication_key=deduplication_key,
        idempotency_key=idempotency_key,
        expires_in=expires_in,
        headers=headers,
        correlation_id=correlation_id,
    )


def enqueue_many(
    stream_name: str,
    messages: Iterable[object],
    *,
    delay: Duration | None = None,
    priority: int = 0,
    group_key: str | None = None,
    expires_in: Duration | None = None,
    headers: Mapping[str, JSON] | None = None,
    correlation_id: str | None = None,
    store: str = DEFAULT_ALIAS,
) -> list[EnqueuedId]:
    """Put many messages into a queue, all or none, in order. See enqueue()."""
    return event_stores[store].enqueue_many(
        stream_name,
        messages,
        delay=delay,
        priority=priority,
        group_key=group_key,
        expires_in=expires_in,
        headers=headers,
        correlation_id=correlation_id,
    )


def dequeue(
    stream_name: str,
    visibility_timeout: Duration | None = None,
    *,
    wait: Duration | None = None,
    store: str = DEFAULT_ALIAS,
) -> Message | None:
    """
    Lease the next message, or return None when none is ready.

    It is hidden from others for `visibility_timeout` seconds (default: the
    queue's, else 30), then delivered again unless it was acknowledged. `wait`
    waits up to so many seconds for one. Raise LeaseInTransaction inside the
    caller's transaction: leasing takes one of its own.
    """
    return event_stores[store].dequeue(stream_name, visibility_timeout, wait=wait)


def dequeue_many(
    stream_name: str,
    limit: int,
    visibility_timeout: Duration | None = None,
    *,
    store: str = DEFAULT_ALIAS,
) -> list[Message]:
    """Lease up to `limit` messages at once, in order. See dequeue()."""
    return event_stores[store].dequeue_many(stream_name, limit, visibility_timeout)


def pop(stream_name: str, *, store: str = DEFAULT_ALIAS) -> Message | None:
    """
    Take the next message and remove it: delivered at most once per commit.

    A rollback of the caller's transaction puts it back.
    """
    return event_stores[store].pop(stream_name)


def acknowledge(
    stream_name: str,
    message_id: str,
    *,
    receipt: str | None = None,
    store: str = DEFAULT_ALIAS,
) -> bool:
    """
    Remove a message. Prefer `message.acknowledge()`, which is fenced.

    Without `receipt`, return True if this call removed it. With it, anything else
    raises LeaseLost. An expired lease that no other got is still good.
    """
    return event_stores[store].acknowledge(stream_name, message_id, receipt=receipt)


def acknowledge_many(
    stream_name: str, messages: Iterable[Message], *, store: str = DEFAULT_ALIAS
) -> list[Message]:
    """Remove many leased messages; return those whose lease was lost."""
    return event_stores[store].acknowledge_many(stream_name, messages)


def nack(
    stream_name: str,
    message_id: str,
    *,
    receipt: str | None = None,
    delay: Duration | None = None,
    error: str | BaseException | None = None,
    dead_letter: bool = False,
    max_attempts: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> bool:
    """
    Give a message back as a failed attempt. Prefer `message.nack()`.

    `delay` 0 makes it ready at once, None uses the queue's backoff. Return
    True if it will be delivered again, False if it went to the dead letters:
    with `dead_letter`, or when `max_attempts` (default: the queue's, else 5)
    are used up. `error` is kept with it. Raise LeaseLost, or MessageNotFound
    when no receipt is given.
    """
    return event_stores[store].nack(
        stream_name,
        message_id,
        receipt=receipt,
        delay=delay,
        error=error,
        dead_letter=dead_letter,
        max_attempts=max_attempts,
    )


def extend_visibility(
    stream_name: str,
    message_id: str,
    timeout: Duration,
    *,
    receipt: str,
    store: str = DEFAULT_ALIAS,
) -> datetime:
    """Hold a lease for `timeout` seconds from now; return its new end."""
    return event_stores[store].extend_visibility(
        stream_name, message_id, timeout, receipt=receipt
    )


def queue_info(
    stream_name: str, *, exact: bool = False, store: str = DEFAULT_ALIAS
) -> QueueInfo:
    """
    Count a queue's messages by state, each up to 10,000 unless `exact`.

    `oldest_age` is the age in seconds of the oldest message that is ready.
    """
    return event_stores[store].queue_info(stream_name, exact=exact)


def dead_letters(
    stream_name: str | None = None,
    *,
    reason: str | None = None,
    fingerprint: str | None = None,
    limit: int = 100,
    store: str = DEFAULT_ALIAS,
) -> list[DeadLetter]:
    """Return at most `limit` dead letters, the newest message first."""
    return event_stores[store].dead_letters(
        stream_name, reason=reason, fingerprint=fingerprint, limit=limit
    )


def redrive(
    stream_name: str,
    ids: Iterable[str] | None = None,
    *,
    limit: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> int:
    """
    Send dead letters back to their queue; return how many.

    They keep their ids and start again with no deliveries and attempts. The
    oldest come first, at most `limit`.
    """
    return event_stores[store].redrive(stream_name, ids, limit=limit)


def purge(stream_name: str, *, store: str = DEFAULT_ALIAS) -> int:
    """Remove all messages of a queue, leased ones too; return how many."""
    return event_stores[store].purge(stream_name)


aappend = async_function(append)
aread_stream = async_reader(read_stream)
aread_category = async_reader(read_category)
aread_all = async_reader(read_all)
astream_info = async_function(stream_info)
acreate_stream = async_function(create_stream)
aenqueue = async_function(enqueue)
aenqueue_many = async_function(enqueue_many)
adequeue_many = async_function(dequeue_many)
apop = async_function(pop)
aacknowledge = async_function(acknowledge)
aacknowledge_many = async_function(acknowledge_many)
anack = async_function(nack)
aextend_visibility = async_function(extend_visibility)
aqueue_info = async_function(queue_info)
adead_letters = async_function(dead_letters)
aredrive = async_function(redrive)
apurge = async_function(purge)


async def adequeue(
    stream_name: str,
    visibility_timeout: Duration | None = None,
    *,
    wait: Duration | None = None,
    store: str = DEFAULT_ALIAS,
) -> Message | None:
    """See dequeue(). The event loop goes on while this waits."""
    return await event_stores[store].adequeue(
        stream_name, visibility_timeout, wait=wait
    )
