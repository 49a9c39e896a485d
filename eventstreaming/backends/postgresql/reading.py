"""Pages of persistent streams in PostgreSQL: one statement each."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from eventstreaming.backends.pages import EventsOfRows, Row
from eventstreaming.backends.postgresql.bound import BoundStatements
from eventstreaming.backends.reading import Page, ReadRequest, refuse_truncated
from eventstreaming.backends.relational import moment
from eventstreaming.events.values import from_json
from eventstreaming.exceptions import StreamDeleted
from eventstreaming.types import StoredEvent

_CONCURRENT, _DELETED = 1, 1
# The driver's loader is plain Python, as for times: it takes five times as long.
_id_of = msgspec.json.Decoder(UUID).decode


class ReadOperations(BoundStatements):
    """What fetches pages of one stream, a category, or the whole store."""

    def fetch_stream_page(
        self,
        stream_name: str,
        request: ReadRequest,
        size: int,
        *,
        fenced: bool = False,
    ) -> Page | None:
        """See BaseReading.fetch_stream_page()."""
        rows = self._execute_bound(
            f"read_stream{_variant(request)}",
            {"stream_name": stream_name, "fenced": fenced, **_bounds(request, size)},
        )
        return self._page_of(stream_name, request, rows, fenced=fenced)

    def _page_of(
        self, stream_name: str, request: ReadRequest, rows: list[Row], *, fenced: bool
    ) -> Page | None:
        if not rows:
            return [], -1
        first_offset, next_offset, state, kind = rows[0][11:15]
        if state == _DELETED:
            raise StreamDeleted(stream_name)
        if kind == _CONCURRENT and not fenced:
            return None
        refuse_truncated(stream_name, request, first_offset)
        if rows[0][0] is None:  # a stream without such events
            return [], next_offset - 1
        return EventsOfRows(partial(_event, stream_name), rows), next_offset - 1

    def fetch_positions(
        self, category: str | None, request: ReadRequest, size: int
    ) -> Sequence[StoredEvent]:
        """See BaseReading.fetch_positions()."""
        name = "read_all" if category is None else "read_category"
        rows = self._execute_bound(
            f"{name}{_variant(request)}",
            {"category": category, **_bounds(request, size)},
        )
        return EventsOfRows(partial(_event, None), rows)


def _variant(request: ReadRequest) -> str:
    if request.buckets is not None:
        return "_partition"
    return "_backwards" if request.backwards else ""


def _bounds(request: ReadRequest, size: int) -> dict[str, Any]:
    buckets = request.buckets
    return {
        "first_bucket": None if buckets is None else buckets.first,
        "last_bucket": None if buckets is None else buckets.last,
        "by_event": buckets is not None and buckets.by_event,
        "first": request.low,
        "last": request.high,
        "event_types": request.event_types,
        "limit": size,
    }


def _event(stream_name: str | None, row: Row) -> StoredEvent:
    """Make an event; without a name, the row's last column is it."""
    metadata = row[5]
    return StoredEvent(
        stream_name=row[-1] if stream_name is None else stream_name,
        offset=row[0],
        position=row[1],
        event_id=_id_of(f'"{row[2]}"'),
        event_type=row[3],
        data=from_json(row[4]),
        metadata={} if metadata == "{}" else from_json(metadata),
        schema_version=row[6],
        key=row[7],
        correlation_id=row[8],
        causation_id=row[9],
        timestamp=moment(row[10]),
    )
