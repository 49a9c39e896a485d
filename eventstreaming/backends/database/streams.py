"""Persistent streams by the ORM: appending, and creating a stream."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Q
from django.db.models.functions import Now

from eventstreaming.backends.database.tables import Tables, stored_json
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import (
    NewEvent,
    given_ids,
    new_events,
    refuse_known_id,
)
from eventstreaming.exceptions import (
    StreamDeleted,
    StreamKindConflict,
    WrongExpectedVersion,
)
from eventstreaming.models import Event, Stream
from eventstreaming.types import (
    ANY_VERSION,
    JSON,
    NO_STREAM,
    STREAM_EXISTS,
    ExpectedVersion,
    StoredEvent,
    StreamInfo,
)


class Head(NamedTuple):
    """A stream that this transaction has locked, and where its new events go."""

    stream_id: int
    first_offset: int
    now: datetime


class StreamOperations(Tables):
    """What writes persistent streams, and what is known about one."""

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
        stream_name = arguments.stream_name(stream_name)
        expected = arguments.expected_version(expected_version)
        if idempotency_key is not None:
            self._require("supports_idempotency", "idempotency_key")
        new = new_events(
            stream_name,
            events,
            key=key,
            metadata=metadata,
            correlation_id=correlation_id,
            causation_id=causation_id,
        )
        if not new:
            return []
        with self.all_or_none():
            self._refuse_known_ids(new)
            # Positions are drawn after the stream is locked: a writer that waits
            # for it does not hold the fence.
            head = self._move_head(stream_name, expected, len(new))
            rows = self._events.bulk_create(
                _row(stream_name, head, index, event) for index, event in enumerate(new)
            )
        self.announce_events(stream_name)
        now = self._moment(head.now)
        return [
            event.stored(stream_name, row.offset, row.position, now)
            for event, row in zip(new, rows, strict=True)
        ]

    def stream_info(self, stream_name: str) -> StreamInfo:
        """See services.stream_info()."""
        stream_name = arguments.stream_name(stream_name)
        stream = self._streams.filter(name=stream_name).first()
        if stream is None or stream.state == Stream.State.DELETED:
            deleted = stream is not None
            return StreamInfo(
                stream_name, False, False, 0, -1, 0, None, None, deleted=deleted
            )
        kept = self._events.filter(stream=stream, offset__gte=stream.first_offset)
        times = kept.values_list("timestamp", flat=True)
        first, last = times.order_by("offset").first(), times.order_by("offset").last()
        concurrent = stream.kind == Stream.Kind.CONCURRENT
        return StreamInfo(
            stream_name=stream_name,
            exists=True,
            concurrent=concurrent,
            first_offset=stream.first_offset,
            last_offset=stream.next_offset - 1,
            length=None if concurrent else stream.next_offset - stream.first_offset,
            first_timestamp=first and self._moment(first),
            last_timestamp=last and self._moment(last),
        )

    def create_stream(self, stream_name: str, *, concurrent: bool = False) -> bool:
        """See services.create_stream()."""
        stream_name = arguments.stream_name(stream_name)
        kind = Stream.Kind.SERIAL
        if arguments.flag(concurrent, "concurrent"):
            self._require("supports_concurrent_streams", "concurrent streams")
            kind = Stream.Kind.CONCURRENT
        with self.all_or_none():
            stream, created = self._get_or_create(stream_name, kind)
        if stream.state == Stream.State.DELETED:
            raise StreamDeleted(stream_name)
        if stream.kind != kind:
            raise StreamKindConflict(
                stream_name,
                "it exists as the other kind; a stream's kind never changes",
            )
        return created

    def _refuse_known_ids(self, new: list[NewEvent]) -> None:
        known = self._events.filter(event_id__in=given_ids(new))
        for event_id in known.values_list("event_id", flat=True)[:1]:
            raise refuse_known_id(event_id)

    def _move_head(
        self, stream_name: str, expected: ExpectedVersion, count: int
    ) -> Head:
        """
        Lock the stream and move its end, if it is at the expected version.

        One update does both, so no other writer comes between. A stream that may
        be new is created when it is not there.
        """
        heads = self._streams.filter(name=stream_name)
        movable = heads.filter(
            _is_at(expected), kind=Stream.Kind.SERIAL, state=Stream.State.ACTIVE
        )
        while not movable.update(next_offset=F("next_offset") + count):
            if expected in (ANY_VERSION, NO_STREAM):
                stream, _ = self._get_or_create(stream_name, Stream.Kind.SERIAL)
                _check_head(stream_name, stream, expected)
            else:
                _check_head(stream_name, heads.first(), expected)
        stream_id, following, now = heads.values_list("pk", "next_offset", Now()).get()
        return Head(stream_id, following - count, now)

    def _get_or_create(
        self, stream_name: str, kind: Stream.Kind
    ) -> tuple[Stream, bool]:
        return self._streams.get_or_create(
            name=stream_name,
            defaults={"category": arguments.category_of(stream_name), "kind": kind},
        )


def _is_at(expected: ExpectedVersion) -> Q:
    if expected is ANY_VERSION:
        return Q()
    if expected is STREAM_EXISTS:
        return Q(next_offset__gt=0)
    return Q(next_offset=int(expected) + 1)


def _check_head(
    stream_name: str, stream: Stream | None, expected: ExpectedVersion
) -> None:
    """Raise what keeps the head from moving; it may be able to by now."""
    actual = NO_STREAM
    if stream is not None:
        if stream.state == Stream.State.DELETED:
            raise StreamDeleted(stream_name)
        if stream.kind == Stream.Kind.CONCURRENT:
            raise StreamKindConflict(
                stream_name, "a concurrent stream is not appended to in order"
            )
        actual = stream.next_offset - 1
    if expected is ANY_VERSION or expected == actual:
        return
    if expected is STREAM_EXISTS and actual > NO_STREAM:
        return
    raise WrongExpectedVersion(stream_name, expected, actual)


def _row(stream_name: str, head: Head, index: int, event: NewEvent) -> Event:
    return Event(
        stream_id=head.stream_id,
        category=arguments.category_of(stream_name),
        offset=head.first_offset + index,
        bucket=event.bucket,
        event_type=event.event_type,
        schema_version=event.schema_version,
        event_id=event.event_id,
        key=event.key,
        data=stored_json(event.data),
        metadata=event.metadata,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        timestamp=head.now,
    )
