"""The public functions for messages."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.twins import async_function
from eventstreaming.types import (
    JSON,
    Duration,
    EnqueuedId,
    Message,
)


def enqueue(
    stream_name: str,
    message: object,
    *,
    delay: Duration | None = None,
    priority: int = 0,
    group_key: str | None = None,
    deduplication_key: str | None = None,
    deduplication_window: Duration | None = None,
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

    Messages of one `group_key` are delivered in order, one at a time. While a
    message of a `deduplication_key` lives, and for `deduplication_window` seconds
    from its enqueue on, another is not enqueued; a repeated
    `idempotency_key` enqueues nothing for 7 days, and raises IdempotencyConflict
    for another message. Both return the first id, with `created` False.
    """
    return event_stores[store].enqueue(
        stream_name,
        message,
        delay=delay,
        priority=priority,
        group_key=group_key,
        deduplication_key=deduplication_key,
        deduplication_window=deduplication_window,
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
    max_deliveries: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> list[Message]:
    """
    Lease up to `limit` messages at once, in order. See dequeue().

    A message that was delivered `max_deliveries` times (default: the queue's,
    else 20) without an answer goes to the dead letters instead.
    """
    return event_stores[store].dequeue_many(
        stream_name, limit, visibility_timeout, max_deliveries=max_deliveries
    )


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


def cancel(stream_name: str, message_id: str, *, store: str = DEFAULT_ALIAS) -> bool:
    """
    Have a message not be handled, or not any more; in the caller's transaction.

    Return True if it is a dead letter now, its reason "cancelled". Return False if
    it is held: it will not be delivered again, and a worker that handles it has the
    handler end within about a second, if that can be interrupted; a handler that
    finishes has handled it. Raise MessageNotFound if the queue has no such message.
    """
    return event_stores[store].cancel(stream_name, message_id)


aenqueue = async_function(enqueue)
aenqueue_many = async_function(enqueue_many)
adequeue_many = async_function(dequeue_many)
apop = async_function(pop)
aacknowledge = async_function(acknowledge)
aacknowledge_many = async_function(acknowledge_many)
anack = async_function(nack)
acancel = async_function(cancel)
aextend_visibility = async_function(extend_visibility)


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
