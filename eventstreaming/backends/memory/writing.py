"""How events are written in memory: all of a batch, or none."""

from eventstreaming import clock
from eventstreaming.backends.memory.data import MemoryData
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import NewEvent, refuse_known_id
from eventstreaming.exceptions import (
    StreamDeleted,
    StreamKindConflict,
    WrongExpectedVersion,
)
from eventstreaming.types import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    ExpectedVersion,
    StoredEvent,
)


class Batch:
    """
    Events of one or more appends, which become visible when published.

    Whoever has one holds the lock of the data.
    """

    def __init__(self, data: MemoryData) -> None:
        self.data = data
        self.appends: list[list[StoredEvent]] = []
        self.now = clock.now()

    def add(
        self, stream_name: str, expected: ExpectedVersion, new: list[NewEvent]
    ) -> list[StoredEvent]:
        """Take one append, or raise, and return its events."""
        if not new:
            return []
        pending = [event for events in self.appends for event in events]
        self._check_ids(new, pending)
        if stream_name in self.data.deleted:
            raise StreamDeleted(stream_name)
        first_position = self.data.last_position + len(pending) + 1
        if self.data.is_concurrent(stream_name):
            if expected is not ANY_VERSION:
                raise StreamKindConflict(
                    stream_name, "a concurrent stream takes no expected version"
                )
            first_offset = first_position
        else:
            first_offset = self.data.next_offset(stream_name) + sum(
                event.stream_name == stream_name for event in pending
            )
            _check_version(stream_name, expected, actual=first_offset - 1)
        events = [
            event.stored(
                stream_name, first_offset + index, first_position + index, self.now
            )
            for index, event in enumerate(new)
        ]
        self.appends.append(events)
        return events

    def publish(self) -> None:
        """Make everything visible; a reader sees all of an append or nothing."""
        data = self.data
        for events in self.appends:
            name = events[0].stream_name
            if name not in data.streams:
                data.create(name, concurrent=data.is_concurrent(name))
            data.streams[name].extend(events)
            category = arguments.category_of(name)
            data.categories.setdefault(category, []).extend(events)
            data.event_ids.update(event.event_id for event in events)
        data.events.extend([event for events in self.appends for event in events])
        data.last_position += sum(len(events) for events in self.appends)

    def _check_ids(self, new: list[NewEvent], pending: list[StoredEvent]) -> None:
        taken = {event.event_id for event in pending}
        for event in new:
            if event.event_id in self.data.event_ids or event.event_id in taken:
                raise refuse_known_id(event.event_id)


def _check_version(stream_name: str, expected: ExpectedVersion, *, actual: int) -> None:
    if expected is ANY_VERSION or expected == actual:
        return
    if expected is STREAM_EXISTS and actual > NO_STREAM:
        return
    raise WrongExpectedVersion(stream_name, expected, actual)
