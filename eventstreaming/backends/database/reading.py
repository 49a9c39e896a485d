"""Reading persistent streams by the ORM, in pages."""

from django.db.models import F, Max, QuerySet

from eventstreaming.backends.database.tables import Tables
from eventstreaming.backends.reading import (
    BucketRange,
    Page,
    ReadRequest,
    refuse_truncated,
)
from eventstreaming.events.envelopes import BUCKETS
from eventstreaming.exceptions import StreamDeleted
from eventstreaming.models import Event, Stream
from eventstreaming.types import StoredEvent


class ReadOperations(Tables):
    """What fetches pages of one stream, a category, or the whole store."""

    def fence(self) -> int:
        """
        See BaseReading.fence().

        On SQLite the last position is the fence: writers take turns, so positions
        become visible in their order, and none is given out twice.
        """
        if self.connection.vendor == "postgresql":
            return super().fence()
        return self._events.aggregate(last=Max("position"))["last"] or 0

    def fetch_stream_page(
        self,
        stream_name: str,
        request: ReadRequest,
        size: int,
        *,
        fenced: bool = False,
    ) -> Page | None:
        """See BaseReading.fetch_stream_page()."""
        kept = self._events.filter(
            stream__name=stream_name, offset__gte=F("stream__first_offset")
        )
        page = self._page(kept, "offset", request, size)
        # Looked at after the events: before any is deleted, first_offset is raised.
        stream = self._streams.filter(name=stream_name).first()
        if stream is None:
            return [], -1
        if stream.state == Stream.State.DELETED:
            raise StreamDeleted(stream_name)
        if stream.kind == Stream.Kind.CONCURRENT and not fenced:
            return None
        refuse_truncated(stream_name, request, stream.first_offset)
        return page, stream.next_offset - 1

    def fetch_positions(
        self, category: str | None, request: ReadRequest, size: int
    ) -> list[StoredEvent]:
        """See BaseReading.fetch_positions()."""
        events = self._events.all()
        if category is not None:
            events = events.filter(category=category)
        return self._page(events, "position", request, size)

    def _page(
        self, events: QuerySet[Event], place: str, request: ReadRequest, size: int
    ) -> list[StoredEvent]:
        """Fetch what lies between the bounds, by `offset` or `position`."""
        events = events.filter(**{f"{place}__range": (request.low, request.high)})
        if request.event_types is not None:
            events = events.filter(event_type__in=request.event_types)
        if request.buckets is not None:
            events = events.alias(
                shared_by=(F("position") * BucketRange.FACTOR).bitand(BUCKETS - 1)
                if request.buckets.by_event
                else F("bucket")
            ).filter(shared_by__range=(request.buckets.first, request.buckets.last))
        events = events.order_by(f"-{place}" if request.backwards else place)
        return [self._event(row) for row in events.select_related("stream")[:size]]

    def _event(self, row: Event) -> StoredEvent:
        return StoredEvent(
            stream_name=row.stream.name,
            offset=row.offset,
            position=row.position,
            event_id=row.event_id,
            event_type=row.event_type,
            data=row.data,
            metadata=row.metadata,
            schema_version=row.schema_version,
            key=row.key,
            correlation_id=row.correlation_id,
            causation_id=row.causation_id,
            timestamp=self._moment(row.timestamp),
        )
