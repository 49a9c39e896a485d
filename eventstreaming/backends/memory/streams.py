"""Persistent streams in memory: appending, and what is known of a stream."""

from collections.abc import Sequence

from eventstreaming.backends.memory.data import MemoryStore, copied_event
from eventstreaming.backends.memory.writing import Batch
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import NewEvent, PreparedAppend
from eventstreaming.exceptions import StreamDeleted, StreamKindConflict
from eventstreaming.types import (
    ExpectedVersion,
    StoredEvent,
    StreamInfo,
)


class StreamOperations(MemoryStore):
    """Lists of events that only grow."""

    def write_events(
        self, stream_name: str, expected: ExpectedVersion, new: list[NewEvent]
    ) -> list[StoredEvent]:
        """See BaseStreams.write_events()."""
        data = self._data
        with data.lock:
            batch = Batch(data)
            written = batch.add(stream_name, expected, new)
            batch.publish()
        self.announce_events(stream_name)
        return [copied_event(event) for event in written]

    def write_many(self, appends: Sequence[PreparedAppend]) -> list[list[StoredEvent]]:
        """See BaseStreams.write_many()."""
        return self.write_in_order(appends)

    def write_in_order(
        self, appends: Sequence[PreparedAppend]
    ) -> list[list[StoredEvent]]:
        """See BaseStreams.write_in_order(). Here it is all or none by itself."""
        data = self._data
        results: dict[int, list[StoredEvent]] = {}
        with data.lock:
            batch = Batch(data)
            for index, item in sorted(
                enumerate(appends), key=lambda pair: pair[1].stream_name
            ):
                results[index] = batch.add(item.stream_name, item.expected, item.new)
            batch.publish()
        for item in appends:
            self.announce_events(item.stream_name)
        return [
            [copied_event(event) for event in results[index]]
            for index in range(len(appends))
        ]

    def stream_info(self, stream_name: str) -> StreamInfo:
        """See services.stream_info()."""
        stream_name = arguments.stream_name(stream_name)
        data = self._data
        with data.lock:
            events = data.streams.get(stream_name)
            return StreamInfo(
                stream_name=stream_name,
                exists=events is not None,
                concurrent=stream_name in data.concurrent,
                first_offset=data.first_offsets.get(stream_name, 0),
                last_offset=data.next_offset(stream_name) - 1,
                length=None if stream_name in data.concurrent else len(events or ()),
                first_timestamp=events[0].timestamp if events else None,
                last_timestamp=events[-1].timestamp if events else None,
                deleted=stream_name in data.deleted,
            )

    def create_stream(
        self, stream_name: str, *, concurrent: bool | None = None
    ) -> bool:
        """See services.create_stream()."""
        stream_name = arguments.stream_name(stream_name)
        if concurrent is not None:
            arguments.flag(concurrent, "concurrent")
        data = self._data
        with data.lock:
            if stream_name in data.deleted:
                raise StreamDeleted(stream_name)
            actual = data.is_concurrent(stream_name)
            if stream_name not in data.streams:
                data.create(
                    stream_name, concurrent=actual if concurrent is None else concurrent
                )
                return True
            if concurrent not in (None, actual):
                raise StreamKindConflict(
                    stream_name,
                    "it exists as the other kind; a stream's kind never changes",
                )
            return False
