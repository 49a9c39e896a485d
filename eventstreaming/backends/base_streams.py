"""The persistent half of what a store promises."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from eventstreaming.backends.base_reading import BaseReading
from eventstreaming.backends.twins import async_method
from eventstreaming.events.envelopes import checked_appends
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.types import (
    ANY_VERSION,
    JSON,
    Append,
    ExpectedVersion,
    StoredEvent,
    StreamInfo,
)


class BaseStreams(BaseReading):
    """Persistent streams. What each method does stands in `services`."""

    @abstractmethod
    def append(
        self,
        stream_name: str,
        events: Iterable[object] | object,
        *,
        expected_version: ExpectedVersion = ANY_VERSION,
        key: str | None = None,
        idempotency_key: str | None = None,
        metadata: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> list[StoredEvent]:
        """See services.append()."""

    def append_many(
        self,
        appends: Iterable[Append],
        *,
        metadata: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> list[list[StoredEvent]]:
        """See services.append_many(). One append a stream, in name order."""
        checked = checked_appends(appends)
        results: list[list[StoredEvent]] = [[] for _ in checked]
        with self.all_or_none():
            for index, item in sorted(
                enumerate(checked), key=lambda pair: pair[1].stream_name
            ):
                results[index] = self.append(
                    item.stream_name,
                    item.events,
                    expected_version=item.expected_version,
                    key=item.key,
                    metadata=metadata,
                    correlation_id=correlation_id,
                    causation_id=causation_id,
                )
        return results

    def next_events(
        self,
        category: str | None,
        after: int,
        limit: int,
        event_types: list[str] | None,
    ) -> tuple[list[StoredEvent], int]:
        """
        Return the next events of a category (None: of all), and one fence.

        They were read below that very fence, so a checkpoint may move up to it
        when there are fewer than `limit`. Another fence would not do: it may
        have gone back in between.
        """
        raise UnsupportedOperation(f"{type(self).__name__} keeps no checkpoints")

    def batch(self) -> AbstractContextManager[None]:
        """Return a transaction in which a subscription reads and writes a batch."""
        raise UnsupportedOperation(f"{type(self).__name__} has no transactions")

    def all_or_none(self) -> AbstractContextManager[Any]:
        """Return a block whose writes are all undone when it raises."""
        raise UnsupportedOperation(f"{type(self).__name__} has no transactions")

    @abstractmethod
    def stream_info(self, stream_name: str) -> StreamInfo:
        """See services.stream_info()."""

    @abstractmethod
    def create_stream(self, stream_name: str, *, concurrent: bool = False) -> bool:
        """See services.create_stream()."""

    aappend = async_method(append)
    aappend_many = async_method(append_many)
    astream_info = async_method(stream_info)
    acreate_stream = async_method(create_stream)
