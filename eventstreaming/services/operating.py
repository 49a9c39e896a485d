"""The public functions for those who operate queues."""

from collections.abc import Iterable

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.twins import async_function
from eventstreaming.events.queue_settings import Delays, QueueSettings
from eventstreaming.events.unset import UNSET, Unset
from eventstreaming.types import DeadLetter, Duration, QueueInfo


def configure_queue(
    name: str,
    *,
    visibility_timeout: Duration | Unset | None = UNSET,
    max_attempts: int | Unset | None = UNSET,
    max_deliveries: int | Unset | None = UNSET,
    backoff: Delays | Unset | None = UNSET,
    description: str | Unset = UNSET,
    paused: bool | Unset = UNSET,
    store: str = DEFAULT_ALIAS,
) -> None:
    """
    Set how a queue delivers, or with a pattern (`email-*`, `*`) many queues.

    What is not given stays as it is; None goes back to what the next wider
    pattern says, or to the built-in value. `backoff` is how long to wait
    before a retry: a duration, or a list of them whose last one repeats.
    `paused` stops deliveries from the next one on; what is leased goes on.
    Workers obey at once, and a new visibility timeout within 5 seconds. What
    counts when several say something: see `eventstreaming.events.queue_settings`.
    """
    event_stores[store].configure_queue(
        name,
        visibility_timeout=visibility_timeout,
        max_attempts=max_attempts,
        max_deliveries=max_deliveries,
        backoff=backoff,
        description=description,
        paused=paused,
    )


def queue_settings(stream_name: str, *, store: str = DEFAULT_ALIAS) -> QueueSettings:
    """Return the settings in force for a queue, whoever has set them."""
    return event_stores[store].queue_settings(stream_name)


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


aconfigure_queue = async_function(configure_queue)
aqueue_settings = async_function(queue_settings)
aqueue_info = async_function(queue_info)
adead_letters = async_function(dead_letters)
aredrive = async_function(redrive)
apurge = async_function(purge)
