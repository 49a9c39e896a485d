"""The public functions for persistent streams."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.base import BATCH_SIZE
from eventstreaming.backends.deferring import DeferredAppends
from eventstreaming.backends.twins import async_function, async_reader
from eventstreaming.types import (
    ANY_VERSION,
    JSON,
    Append,
    ExpectedVersion,
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

    The same `idempotency_key` (per stream, kept for seven days) again returns the
    first call's events, whatever the expected version; with other events it
    raises IdempotencyConflict. So an append whose answer was lost may be repeated.

    Others see the events when the caller's transaction commits; until then
    other appends to the same serial stream wait. Appends to a concurrent stream
    do not, and there another expected version than ANY_VERSION raises
    StreamKindConflict.
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


def append_many(
    appends: Iterable[Append],
    *,
    metadata: Mapping[str, JSON] | None = None,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    store: str = DEFAULT_ALIAS,
) -> list[list[StoredEvent]]:
    """
    Append to several streams, all or none; return one list per Append.

    The streams are locked in the order of their names, so two calls never
    deadlock. WrongExpectedVersion of any leaves all unwritten. See append().
    """
    return event_stores[store].append_many(
        appends,
        metadata=metadata,
        correlation_id=correlation_id,
        causation_id=causation_id,
    )


def deferred_appends(
    *, store: str = DEFAULT_ALIAS
) -> AbstractContextManager[DeferredAppends]:
    """
    Collect appends in a block, and write them last, just before it commits.

        with deferred_appends() as later:
            later.append("orders", OrderPlaced(...))

    An append to a serial stream makes others wait until its transaction ends;
    this way that takes as long as a commit, however long the block is. The block
    is a transaction (or a savepoint in yours: make it the outermost). At its end
    the streams are locked in the order of their names, what each gets in the
    order of the calls. An inner block hands its appends to the outer one when it
    ends well. `append()` itself is not deferred. Expected versions are looked at
    at the end, which raises WrongExpectedVersion and rolls the block back.
    """
    return event_stores[store].deferred_appends()


def adeferred_appends(
    *, store: str = DEFAULT_ALIAS
) -> AbstractAsyncContextManager[DeferredAppends]:
    """See deferred_appends(). `later.append()` is no coroutine: it only collects."""
    return event_stores[store].adeferred_appends()


def read_stream(
    stream_name: str,
    from_offset: int | None = None,
    *,
    to_offset: int | None = None,
    limit: int | None = None,
    backwards: bool = False,
    event_types: Iterable[str] | None = None,
    batch_size: int = BATCH_SIZE,
    follow: bool = False,
    store: str = DEFAULT_ALIAS,
) -> Iterator[StoredEvent]:
    """
    Iterate over a stream's events in offset order, in constant memory.

    `from_offset` (default: the beginning, or the end when `backwards`) and
    `to_offset` are inclusive, so a reader resumes at `last + 1`. `limit`
    counts what comes out after `event_types`. The iterator ends at the event
    that was the last one at its first fetch. An unknown stream is empty. A
    `from_offset` that is no longer kept raises EventsTruncated at the fetch. A
    concurrent stream is read like a category, see read_category().

    With `follow` it goes on with events as they are committed, also those of a
    stream that does not exist yet, until `to_offset` or `limit` is reached or it
    is closed: by `close()`, or by leaving the loop that holds the only reference.
    It waits by notification where the store has them and looks by itself, too;
    meanwhile it holds no connection that it has opened. It is not iterated in a
    transaction (FollowInTransaction), and an error of the database ends it:
    resume at `last + 1`.
    """
    return event_stores[store].read_stream(
        stream_name,
        from_offset,
        to_offset=to_offset,
        limit=limit,
        backwards=backwards,
        event_types=event_types,
        batch_size=batch_size,
        follow=follow,
    )


def read_category(
    category: str,
    from_position: int | None = None,
    *,
    limit: int | None = None,
    backwards: bool = False,
    event_types: Iterable[str] | None = None,
    batch_size: int = BATCH_SIZE,
    follow: bool = False,
    store: str = DEFAULT_ALIAS,
) -> Iterator[StoredEvent]:
    """
    Iterate over the events of all streams of a category, in position order.

    The category is the part of a stream name before its first `-`. No committed
    event is ever skipped. Inside a REPEATABLE READ or SERIALIZABLE block the
    first fetch raises UnsafeIsolation. `follow`: see read_stream().
    """
    return event_stores[store].read_category(
        category,
        from_position,
        limit=limit,
        backwards=backwards,
        event_types=event_types,
        batch_size=batch_size,
        follow=follow,
    )


def read_all(
    from_position: int | None = None,
    *,
    limit: int | None = None,
    backwards: bool = False,
    event_types: Iterable[str] | None = None,
    batch_size: int = BATCH_SIZE,
    follow: bool = False,
    store: str = DEFAULT_ALIAS,
) -> Iterator[StoredEvent]:
    """Iterate over the events of the whole store. See read_category()."""
    return event_stores[store].read_all(
        from_position,
        limit=limit,
        backwards=backwards,
        event_types=event_types,
        batch_size=batch_size,
        follow=follow,
    )


def stream_info(stream_name: str, *, store: str = DEFAULT_ALIAS) -> StreamInfo:
    """Return first and last offset, length and times of a stream."""
    return event_stores[store].stream_info(stream_name)


def create_stream(
    stream_name: str, *, concurrent: bool | None = None, store: str = DEFAULT_ALIAS
) -> bool:
    """
    Create an empty stream; return False if it is there already.

    Appending creates a stream, too, but others wait for that transaction.
    Appends to a `concurrent` stream never wait for each other: offsets are
    positions, so they increase with gaps, and there is no expected version.
    None leaves the kind to configure_stream(), or to what it is already.
    Raise StreamKindConflict when it exists as the other kind.
    """
    return event_stores[store].create_stream(stream_name, concurrent=concurrent)


aappend = async_function(append)
aappend_many = async_function(append_many)
aread_stream = async_reader(read_stream)
aread_category = async_reader(read_category)
aread_all = async_reader(read_all)
astream_info = async_function(stream_info)
acreate_stream = async_function(create_stream)
