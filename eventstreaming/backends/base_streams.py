"""The persistent half of what a store promises."""

from abc import abstractmethod
from collections.abc import (
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple, TypeAlias

from eventstreaming.backends.base_reading import BaseReading
from eventstreaming.backends.deferring import DeferredAppends
from eventstreaming.backends.reading import BucketRange, Page, read_request
from eventstreaming.backends.twins import async_block, async_method
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import (
    NewEvent,
    PreparedAppend,
    checked_appends,
    prepared_append,
)
from eventstreaming.events.observing import sending
from eventstreaming.events.signals import tell_appended
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.types import (
    ANY_VERSION,
    JSON,
    Append,
    ExpectedVersion,
    StoredEvent,
    StreamInfo,
)


class BegunBatch(NamedTuple):
    """
    A partition that was locked, and how to get the page that was read with it.

    `taken` is its row as an object, and what is known of its subscription. `page` takes
    the place and the barrier; it answers as fetch_stream_page() does.
    """

    taken: list[Any]
    page: Callable[[int | None, int | None], Page | None]


# Begins the batch; None where there is nothing to be worked.
BatchBeginning: TypeAlias = Callable[[], BegunBatch | None]


class BaseStreams(BaseReading):
    """Persistent streams. What each method does stands in `services`."""

    begins_batches = False

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
        if idempotency_key is not None:
            self._require("supports_idempotency", "idempotency_key")
            idempotency_key = arguments.text(idempotency_key, "idempotency_key")
        with sending("append", stream_name, self.alias) as sent:
            append = prepared_append(
                stream_name,
                events,
                expected_version=expected_version,
                key=key,
                metadata=sent.with_carried(metadata),
                correlation_id=correlation_id,
                causation_id=causation_id,
            )
            name, expected, new = append.stream_name, append.expected, append.new
            if not new:
                return []
            written = (
                self.write_events(name, expected, new)
                if idempotency_key is None
                else self.write_once(name, expected, new, idempotency_key)
            )
            sent.wrote(len(written))
        if idempotency_key is None or written[0].event_id == new[0].event_id:
            tell_appended(self, name, written)
        return written

    @abstractmethod
    def write_events(
        self, stream_name: str, expected: ExpectedVersion, new: list[NewEvent]
    ) -> list[StoredEvent]:
        """
        Write the checked events of one append, of which there are some; announce them.

        Raise WrongExpectedVersion, StreamKindConflict, StreamDeleted, or
        InvalidValue for a known event id, before anything is written.
        """

    def write_once(
        self,
        stream_name: str,
        expected: ExpectedVersion,
        new: list[NewEvent],
        idempotency_key: str,
    ) -> list[StoredEvent]:
        """
        Write events as write_events() does, or return those of the key's first call.

        Raise IdempotencyConflict when the first call had other events.
        """
        raise UnsupportedOperation(f"{type(self).__name__} keeps no keys")

    def forget_idempotency_keys(self, older_than: timedelta, limit: int) -> int:
        """Forget at most `limit` keys that are older; return how many."""
        raise UnsupportedOperation(f"{type(self).__name__} keeps no keys")

    def append_many(
        self,
        appends: Iterable[Append],
        *,
        metadata: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> list[list[StoredEvent]]:
        """See services.append_many()."""
        items = checked_appends(appends)
        with sending("append", _name_of(items), self.alias) as sent:
            carried = sent.with_carried(metadata)
            written = self.write_many(
                [
                    prepared_append(
                        item.stream_name,
                        item.events,
                        expected_version=item.expected_version,
                        key=item.key,
                        metadata=carried,
                        correlation_id=correlation_id,
                        causation_id=causation_id,
                    )
                    for item in items
                ]
            )
            sent.wrote(sum(map(len, written)))
        return written

    def write_many(self, appends: Sequence[PreparedAppend]) -> list[list[StoredEvent]]:
        """Write checked appends, all or none. See write_in_order()."""
        with self.all_or_none():
            return self.write_in_order(appends)

    def write_in_order(
        self, appends: Sequence[PreparedAppend]
    ) -> list[list[StoredEvent]]:
        """
        Write checked appends in the order of their streams' names.

        Return one list per append, in the order given. What was written before
        one that raises is undone by the caller's block. See write_events().
        """
        results: list[list[StoredEvent]] = [[] for _ in appends]
        for index, item in sorted(
            enumerate(appends), key=lambda pair: pair[1].stream_name
        ):
            if item.new:
                results[index] = self.write_events(
                    item.stream_name, item.expected, item.new
                )
                tell_appended(self, item.stream_name, results[index])
        return results

    @contextmanager
    def deferred_appends(self) -> Iterator[DeferredAppends]:
        """See services.deferred_appends()."""
        block = DeferredAppends(self.alias)
        with block.taking_part() as outer, block.writing(self, outer):
            yield block

    @asynccontextmanager
    async def adeferred_appends(self) -> AsyncIterator[DeferredAppends]:
        """See deferred_appends()."""
        block = DeferredAppends(self.alias)
        with block.taking_part() as outer:
            async with async_block(block.writing(self, outer)):
                yield block

    def own_block(self) -> AbstractContextManager[Any]:
        """Return a transaction for a block of the caller's, if there are some."""
        return nullcontext()

    def next_in_stream(
        self,
        stream_name: str,
        after: int,
        limit: int,
        event_types: list[str] | None,
        *,
        buckets: BucketRange | None = None,
        until: int | None = None,
    ) -> tuple[Sequence[StoredEvent], int]:
        """
        Return the next events of a stream, and the last offset that was looked at.

        `after` -1 is before the first event, and `until` the last offset that is
        wanted. A checkpoint may move up to the offset when there are fewer than
        `limit`: they were read below the very head, or the fence of a concurrent
        stream.
        """
        request = read_request(
            after + 1 if after >= 0 else None,
            None,
            field="offset",
            limit=limit,
            backwards=False,
            event_types=event_types,
            batch_size=limit,
            follow=False,
        )
        request = replace(request, buckets=buckets)
        if until is not None:
            request = replace(request, high=min(request.high, until))
        page = self.fetch_stream_page(stream_name, request, limit)
        if page is None:  # concurrent: the fence is taken before the events are read
            last = self.fence()
            request = replace(request, high=min(request.high, last))
            page = self.fetch_stream_page(stream_name, request, limit, fenced=True)
            page = (page[0] if page else []), last
        events, last = page
        return events, last if until is None else min(last, until)

    def batch_beginning(
        self,
        subscription: str,
        stream_name: str,
        event_types: list[str] | None,
        limit: int,
        quiet: float,
    ) -> BatchBeginning:
        """
        Return what locks the partition of a subscription and reads on in its stream.

        Only where `begins_batches`, in the transaction in which it is called, once,
        as the first statement. `quiet` is how many seconds a sign of life is new.
        """
        raise UnsupportedOperation(f"{type(self).__name__} begins no batches")

    def end_of_stream(self, stream_name: str) -> int:
        """Return the offset up to which nothing can appear in a stream any more."""
        info = self.stream_info(stream_name)
        return self.fence() if info.concurrent else info.last_offset

    def next_events(
        self,
        category: str | None,
        after: int,
        limit: int,
        event_types: list[str] | None,
        *,
        buckets: BucketRange | None = None,
        until: int | None = None,
    ) -> tuple[Sequence[StoredEvent], int]:
        """
        Return the next events of a category (None: of all), and one fence.

        They were read below that very fence (or `until`, if that is lower), so a
        checkpoint may move up to it when there are fewer than `limit`. Another
        fence would not do: it may have gone back in between.
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

    def stream_infos(self, stream_names: Sequence[str]) -> list[StreamInfo]:
        """
        Return what stream_info() tells of several streams, in their order.

        The names are the store's own: one that no function lets in is not refused.
        """
        return [self.stream_info(name) for name in stream_names]

    @abstractmethod
    def create_stream(
        self, stream_name: str, *, concurrent: bool | None = None
    ) -> bool:
        """See services.create_stream()."""

    aappend = async_method(append)
    aappend_many = async_method(append_many)
    astream_info = async_method(stream_info)
    acreate_stream = async_method(create_stream)

    def _require(self, capability: str, what: str) -> None:
        """Raise UnsupportedOperation unless the class has the capability."""
        if not getattr(self, capability):
            raise UnsupportedOperation(
                f"{type(self).__name__} does not support {what} ({capability} is False)"
            )


def _name_of(appends: Sequence[Append]) -> str:
    """Return the stream of all appends; several streams have no name."""
    names = {item.stream_name for item in appends}
    return names.pop() if len(names) == 1 else ""
