"""The public functions for those who operate queues."""

from collections.abc import Iterable

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.twins import async_function
from eventstreaming.events.patterns import is_pattern
from eventstreaming.events.queue_settings import Delays, QueueSettings
from eventstreaming.events.unset import UNSET, Unset
from eventstreaming.types import JSON, DeadLetter, Duration, QueueInfo


def configure_queue(
    name: str,
    *,
    visibility_timeout: Duration | Unset | None = UNSET,
    max_attempts: int | Unset | None = UNSET,
    max_deliveries: int | Unset | None = UNSET,
    timeout: Duration | Unset | None = UNSET,
    concurrency: int | Unset | None = UNSET,
    backoff: Delays | Unset | None = UNSET,
    dead_letter_retention: Duration | Unset | None = UNSET,
    group_policy: str | Unset | None = UNSET,
    description: str | Unset = UNSET,
    paused: bool | Unset = UNSET,
    store: str = DEFAULT_ALIAS,
) -> None:
    """
    Set how a queue delivers, or with a pattern (`email-*`, `*`) many queues.

    What is not given stays as it is; None goes back to what the next wider
    pattern says, or to the built-in value. `backoff` is how long to wait
    before a retry: a duration, or a list of them whose last one repeats. Dead
    letters older than `dead_letter_retention` are what `manage.py deadletters
    prune` deletes; the built-in setting keeps them for ever.
    A worker interrupts a handler that runs for longer than `timeout`, unless
    `@queue_handler` or the task has one of its own; the built-in setting lets it run.
    `concurrency` is how many of the queue's messages one worker process has at a
    time, besides its number of threads; code that dequeues by itself is not bound.
    `paused` stops deliveries from the next one on; what is leased goes on. Idle workers
    see the end of a queue's pause at once, that of a pattern's within half a minute.
    Workers obey at once, a new visibility timeout, timeout or concurrency within 5
    seconds of work. What counts when several say something: see
    `eventstreaming.events.queue_settings`.
    """
    event_stores[store].configure_queue(
        name,
        visibility_timeout=visibility_timeout,
        max_attempts=max_attempts,
        max_deliveries=max_deliveries,
        timeout=timeout,
        concurrency=concurrency,
        backoff=backoff,
        dead_letter_retention=dead_letter_retention,
        group_policy=group_policy,
        description=description,
        paused=paused,
    )
    if paused is False and not is_pattern(name):
        event_stores[store].messages_changed(name)  # idle workers are woken


def queue_settings(stream_name: str, *, store: str = DEFAULT_ALIAS) -> QueueSettings:
    """Return the settings in force for a queue, whoever has set them."""
    return event_stores[store].queue_settings(stream_name)


def queue_info(
    stream_name: str, *, exact: bool = False, store: str = DEFAULT_ALIAS
) -> QueueInfo:
    """
    Count a queue's messages by state, each up to 10,000.

    A state that has more is estimated, and named in `info.estimated`; with
    `exact` it is counted, too, which takes as long as there are messages.
    `oldest_age` is the age in seconds of the oldest message that is ready.
    """
    return event_stores[store].queue_info(stream_name, exact=exact)


def dead_letters(
    stream_name: str | None = None,
    *,
    reason: str | None = None,
    fingerprint: str | None = None,
    older_than: Duration | None = None,
    newer_than: Duration | None = None,
    limit: int = 100,
    store: str = DEFAULT_ALIAS,
) -> list[DeadLetter]:
    """
    Return at most `limit` dead letters, the newest message first.

    `fingerprint` finds those that died of the same error. `older_than` and
    `newer_than` are how long ago they died.
    """
    return event_stores[store].dead_letters(
        stream_name,
        reason=reason,
        fingerprint=fingerprint,
        older_than=older_than,
        newer_than=newer_than,
        limit=limit,
    )


def redrive(
    stream_name: str,
    ids: Iterable[str] | None = None,
    *,
    reason: str | None = None,
    fingerprint: str | None = None,
    older_than: Duration | None = None,
    newer_than: Duration | None = None,
    limit: int | None = None,
    message: object = None,
    headers: dict[str, JSON] | None = None,
    store: str = DEFAULT_ALIAS,
) -> int:
    """
    Send dead letters back to their queue; return how many.

    They keep their ids and errors, and start again with no deliveries and
    attempts. The oldest come first, at most `limit`; see dead_letters() for the
    other conditions. One of them (`ids=[…]`) may be edited: `message` and
    `headers` are checked as enqueue() does. What another transaction sends
    back is passed over. `operations.dead_letters` has a throttled form.
    """
    return event_stores[store].redrive(
        stream_name,
        ids,
        reason=reason,
        fingerprint=fingerprint,
        older_than=older_than,
        newer_than=newer_than,
        limit=limit,
        message=message,
        headers=headers,
    )


def discard(
    stream_name: str,
    ids: Iterable[str] | None = None,
    *,
    reason: str | None = None,
    fingerprint: str | None = None,
    older_than: Duration | None = None,
    newer_than: Duration | None = None,
    limit: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> int:
    """
    Delete dead letters for good; return how many. See redrive().

    Without conditions all dead letters of the queue are deleted.
    """
    return event_stores[store].discard(
        stream_name,
        ids,
        reason=reason,
        fingerprint=fingerprint,
        older_than=older_than,
        newer_than=newer_than,
        limit=limit,
    )


def purge(stream_name: str, *, store: str = DEFAULT_ALIAS) -> int:
    """Remove all messages of a queue, leased ones too; return how many."""
    return event_stores[store].purge(stream_name)


aconfigure_queue = async_function(configure_queue)
aqueue_settings = async_function(queue_settings)
aqueue_info = async_function(queue_info)
adead_letters = async_function(dead_letters)
aredrive = async_function(redrive)
adiscard = async_function(discard)
apurge = async_function(purge)
