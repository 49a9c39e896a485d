"""Removing old events, and whole streams, from memory."""

from eventstreaming.backends.memory.data import MemoryData, MemoryStore
from eventstreaming.events import arguments
from eventstreaming.exceptions import (
    StreamDeleted,
    StreamKindConflict,
    WrongExpectedVersion,
)
from eventstreaming.types import ANY_VERSION, STREAM_EXISTS, ExpectedVersion


class TruncationOperations(MemoryStore):
    """Lists without what was removed take the place of those with it."""

    supports_truncation = True

    def truncate_stream(self, stream_name: str, before_offset: int) -> int:
        """See services.truncate_stream()."""
        stream_name = arguments.stream_name(stream_name)
        before = arguments.integer(before_offset, "before_offset")
        data = self._data
        with data.lock:
            if stream_name in data.deleted:
                raise StreamDeleted(stream_name)
            return _remove(data, stream_name, before)

    def delete_stream(
        self, stream_name: str, *, expected_version: ExpectedVersion = ANY_VERSION
    ) -> int:
        """See services.delete_stream()."""
        stream_name = arguments.stream_name(stream_name)
        expected = arguments.expected_version(expected_version)
        data = self._data
        with data.lock:
            if stream_name in data.deleted:
                return 0
            actual = data.next_offset(stream_name) - 1
            if stream_name in data.concurrent and expected is not ANY_VERSION:
                raise StreamKindConflict(
                    stream_name, "a concurrent stream takes no expected version"
                )
            exists = expected is STREAM_EXISTS and actual >= 0
            if not (exists or expected is ANY_VERSION or expected == actual):
                raise WrongExpectedVersion(stream_name, expected, actual)
            if stream_name not in data.streams:
                return 0
            data.deleted.add(stream_name)
            removed = _remove(data, stream_name, actual + 1)
            del data.streams[stream_name]
            data.concurrent.discard(stream_name)
            data.first_offsets.pop(stream_name, None)
            return removed


def _remove(data: MemoryData, stream_name: str, before: int) -> int:
    kept = data.streams.get(stream_name, [])
    removed = [event for event in kept if event.offset < before]
    if not removed:
        return 0
    data.first_offsets[stream_name] = removed[-1].offset + 1
    ids = {event.event_id for event in removed}
    category = arguments.category_of(stream_name)
    data.streams[stream_name] = kept[len(removed) :]
    data.categories[category] = [
        event for event in data.categories[category] if event.event_id not in ids
    ]
    data.events = [event for event in data.events if event.event_id not in ids]
    data.event_ids -= ids
    return len(removed)
