"""Appending by the ORM: find the stream, decide where its events go, write them."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Q
from django.db.models.functions import Now

from eventstreaming.backends.database.streams import StreamOperations
from eventstreaming.backends.database.tables import stored_json
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import NewEvent, given_ids, refuse_known_id
from eventstreaming.exceptions import (
    StreamDeleted,
    StreamKindConflict,
    WrongExpectedVersion,
)
from eventstreaming.models import Event, Stream
from eventstreaming.types import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    ExpectedVersion,
    StoredEvent,
)


class Place(NamedTuple):
    """Where an event goes. Without a position it gets the next one."""

    offset: int
    position: int | None = None


class AppendOperations(StreamOperations):
    """What writes events."""

    def write_events(
        self, stream_name: str, expected: ExpectedVersion, new: list[NewEvent]
    ) -> list[StoredEvent]:
        """See BaseStreams.write_events()."""
        with self.all_or_none():
            self._refuse_known_ids(new)
            # Positions are drawn after the stream is locked: a writer that waits
            # for it does not hold the fence.
            stream = self._open_stream(stream_name, expected, len(new))
            places = (
                self._draw_places(stream_name, len(new))
                if stream.kind == Stream.Kind.CONCURRENT
                else [Place(stream.next_offset + index) for index in range(len(new))]
            )
            now = self._streams.values_list(Now()).get(pk=stream.pk)[0]
            rows = self._events.bulk_create(
                _row(stream, place, event, now)
                for place, event in zip(places, new, strict=True)
            )
        self.announce_events(stream_name)
        moment = self._moment(now)
        return [
            event.stored(stream_name, row.offset, row.position, moment)
            for event, row in zip(new, rows, strict=True)
        ]

    def _refuse_known_ids(self, new: list[NewEvent]) -> None:
        known = self._events.filter(event_id__in=given_ids(new))
        for event_id in known.values_list("event_id", flat=True)[:1]:
            raise refuse_known_id(event_id)

    def _open_stream(
        self, stream_name: str, expected: ExpectedVersion, count: int
    ) -> Stream:
        """
        Return the stream to append to, as it was before.

        A serial one is locked and its end moved, if it is at the expected version:
        one update does that, so no other writer comes between. A stream that may
        be new is created when it is not there.
        """
        heads = self._streams.filter(name=stream_name)
        movable = heads.filter(
            _is_at(expected), kind=Stream.Kind.SERIAL, state=Stream.State.ACTIVE
        )
        while not movable.update(next_offset=F("next_offset") + count):
            stream = (
                self._get_or_create(stream_name)[0]
                if expected in (ANY_VERSION, NO_STREAM)
                else heads.first()
            )
            _check_head(stream_name, stream, expected)
            if stream is not None and stream.kind == Stream.Kind.CONCURRENT:
                return stream
        moved = heads.get()
        moved.next_offset -= count
        return moved

    def _draw_places(self, stream_name: str, count: int) -> list[Place]:
        """
        Draw positions, which are the offsets in a concurrent stream, too.

        On SQLite there is one writer. On PostgreSQL the function sets the marker
        before it draws.
        """
        if self.connection.vendor == "sqlite":
            with self.connection.cursor() as cursor:
                cursor.execute(
                    "SELECT seq FROM sqlite_sequence WHERE name = %s",
                    [Event._meta.db_table],
                )
                ((last,),) = cursor.fetchall() or [(0,)]
            positions = range(last + 1, last + 1 + count)
        else:
            ((_, _, positions, _, _),) = self._execute(
                "begin_append",
                {
                    "stream_name": stream_name,
                    "category": arguments.category_of(stream_name),
                    "expected": -2,  # any version
                    "count": count,
                },
            )
        return [Place(position, position) for position in positions]


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
            if expected is ANY_VERSION:
                return
            raise StreamKindConflict(
                stream_name, "a concurrent stream takes no expected version"
            )
        actual = stream.next_offset - 1
    if expected is ANY_VERSION or expected == actual:
        return
    if expected is STREAM_EXISTS and actual > NO_STREAM:
        return
    raise WrongExpectedVersion(stream_name, expected, actual)


def _row(stream: Stream, place: Place, event: NewEvent, now: datetime) -> Event:
    return Event(
        position=place.position,
        stream_id=stream.pk,
        category=stream.category,
        offset=place.offset,
        bucket=event.bucket,
        event_type=event.event_type,
        schema_version=event.schema_version,
        event_id=event.event_id,
        key=event.key,
        data=stored_json(event.data),
        metadata=event.metadata,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        timestamp=now,
    )
