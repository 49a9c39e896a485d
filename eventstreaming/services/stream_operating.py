"""The public functions for those who operate persistent streams."""

from collections.abc import Collection

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.twins import async_function
from eventstreaming.events.stream_settings import StreamSettings
from eventstreaming.events.unset import UNSET, Unset
from eventstreaming.types import ANY_VERSION, Duration, ExpectedVersion


def configure_stream(
    pattern: str,
    *,
    concurrent: bool | Unset | None = UNSET,
    max_age: Duration | Unset | None = UNSET,
    max_count: int | Unset | None = UNSET,
    max_bytes: int | Unset | None = UNSET,
    keep_forever: bool | Unset = UNSET,
    until_consumed: bool | Unset | None = UNSET,
    description: str | Unset = UNSET,
    tags: Collection[str] | Unset = UNSET,
    store: str = DEFAULT_ALIAS,
) -> None:
    """
    Set how long a stream is kept, or with a pattern (`order-*`, `*`) many.

    `max_age`, `max_count` (events) and `max_bytes` (of data and metadata) bound
    what is kept: `manage.py prunestreams` removes what is beyond any of them.
    With `until_consumed` it removes nothing that a subscription to the stream,
    its category or `*` has not read. `keep_forever` exempts from the bounds of
    wider patterns. `concurrent` is the kind of streams that an append creates;
    one that exists keeps its kind. `description` and `tags` are for people.

    What is not given stays as it is; None leaves the decision to wider patterns.
    A change counts from the next pruning on, and for streams that are new then.
    What counts when several match: see `eventstreaming.events.stream_settings`.
    """
    event_stores[store].configure_stream(
        pattern,
        concurrent=concurrent,
        max_age=max_age,
        max_count=max_count,
        max_bytes=max_bytes,
        keep_forever=keep_forever,
        until_consumed=until_consumed,
        description=description,
        tags=tags,
    )


def stream_settings(stream_name: str, *, store: str = DEFAULT_ALIAS) -> StreamSettings:
    """Return the settings in force for a stream, which need not exist."""
    return event_stores[store].stream_settings(stream_name)


def truncate_stream(
    stream_name: str, before_offset: int, *, store: str = DEFAULT_ALIAS
) -> int:
    """
    Remove the events below an offset; return how many this call removed.

    Offsets are never given out again: the stream goes on where it ended, even
    when nothing is left in it. A reader that asks for a removed offset gets
    EventsTruncated, and a subscription to the stream that has not read them all
    stops. Whoever reads a category or the whole store just does not find them.

    The first kept offset is raised first and hides the events below it; then
    they are deleted in batches. Outside a transaction each step commits by
    itself, so a call that was interrupted is finished by repeating it; inside
    one, appends to the stream wait until its end. An unknown stream has nothing
    to remove. Raise StreamDeleted for a deleted one.
    """
    return event_stores[store].truncate_stream(stream_name, before_offset)


def delete_stream(
    stream_name: str,
    *,
    expected_version: ExpectedVersion = ANY_VERSION,
    store: str = DEFAULT_ALIAS,
) -> int:
    """
    Delete a stream for good; return how many events this call removed.

    The name stays reserved: from then on an append, a truncation or a read
    raises StreamDeleted, and a subscription to the stream stops. With
    `expected_version` the stream is deleted only if it is there, otherwise
    WrongExpectedVersion is raised and nothing happens. Deleting an unknown
    stream does nothing, and deleting one again removes what an interrupted call
    has left. See truncate_stream() for how that commits.
    """
    return event_stores[store].delete_stream(
        stream_name, expected_version=expected_version
    )


aconfigure_stream = async_function(configure_stream)
astream_settings = async_function(stream_settings)
atruncate_stream = async_function(truncate_stream)
adelete_stream = async_function(delete_stream)
