"""What can be watched live: a stream, a category, all, or a correlation id."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import takewhile

from eventstreaming import services
from eventstreaming.events import arguments
from eventstreaming.operations.correlated_events import correlated_events
from eventstreaming.types import StoredEvent


@dataclass(frozen=True, slots=True)
class StreamSource:
    """One stream; a place is an offset."""

    name: str
    store: str

    def check(self) -> None:
        """Raise InvalidArgument when there can be no such source."""
        arguments.stream_name(self.name)

    @property
    def followed(self) -> "Followed":
        """Return what is followed for it; sources may share one."""
        return self

    @property
    def beginning(self) -> int:
        """Return the place of the first event there can be."""
        return 0

    def place(self, event: StoredEvent) -> int:
        return event.offset

    def has(self, event: StoredEvent) -> bool:
        """Say whether a followed event belongs to it."""
        return True

    def end(self) -> int:
        """Return the place of the last event, or the one before the first."""
        return services.stream_info(self.name, store=self.store).last_offset

    def past(self, first: int, last: int, limit: int) -> list[StoredEvent]:
        """Return at most `limit` events from one place to another, inclusive."""
        if first > last:
            return []
        return list(
            services.read_stream(
                self.name, first, to_offset=last, limit=limit, store=self.store
            )
        )

    def follow(self, first: int) -> AsyncIterator[StoredEvent]:
        """Iterate over the events from a place on, and those to come."""
        return services.aread_stream(self.name, first, follow=True, store=self.store)


@dataclass(frozen=True, slots=True)
class PositionSource:
    """A category, or without a name the whole store; a place is a position."""

    name: str | None
    store: str

    def check(self) -> None:
        if self.name is not None:
            arguments.category(self.name)

    @property
    def followed(self) -> "Followed":
        return self

    @property
    def beginning(self) -> int:
        return 1

    def place(self, event: StoredEvent) -> int:
        return event.position

    def has(self, event: StoredEvent) -> bool:
        return True

    def end(self) -> int:
        newest = next(self._read(None, limit=1, backwards=True), None)
        return 0 if newest is None else newest.position

    def past(self, first: int, last: int, limit: int) -> list[StoredEvent]:
        events = self._read(first, limit=limit)
        return list(takewhile(lambda event: event.position <= last, events))

    def follow(self, first: int) -> AsyncIterator[StoredEvent]:
        if self.name is None:
            return services.aread_all(first, follow=True, store=self.store)
        return services.aread_category(self.name, first, follow=True, store=self.store)

    def _read(
        self, first: int | None, *, limit: int, backwards: bool = False
    ) -> Iterator[StoredEvent]:
        if self.name is None:
            return services.read_all(
                first, limit=limit, backwards=backwards, store=self.store
            )
        return services.read_category(
            self.name, first, limit=limit, backwards=backwards, store=self.store
        )


@dataclass(frozen=True, slots=True)
class CorrelationSource:
    """The events of one correlation id, wherever they are."""

    correlation_id: str
    store: str

    def check(self) -> None:
        arguments.text(self.correlation_id, "correlation_id")

    @property
    def followed(self) -> "Followed":
        return PositionSource(None, self.store)

    @property
    def beginning(self) -> int:
        return 1

    def place(self, event: StoredEvent) -> int:
        return event.position

    def has(self, event: StoredEvent) -> bool:
        return event.correlation_id == self.correlation_id

    def past(self, first: int, last: int, limit: int) -> list[StoredEvent]:
        return correlated_events(
            self.correlation_id,
            from_position=first,
            to_position=last,
            limit=limit,
            store=self.store,
        )


Followed = StreamSource | PositionSource
Source = StreamSource | PositionSource | CorrelationSource
