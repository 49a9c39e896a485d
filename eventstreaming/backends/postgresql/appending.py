"""Appending in PostgreSQL: one statement, or COPY where there is much to write."""

from collections.abc import Iterable
from typing import Any

import msgspec

from eventstreaming.backends.postgresql.copying import copy_text
from eventstreaming.backends.postgresql.expected_versions import (
    append_error,
    version_number,
)
from eventstreaming.backends.postgresql.short_appends import ShortAppends
from eventstreaming.backends.relational import moment
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import (
    NewEvent,
    given_ids,
    refuse_known_id,
)
from eventstreaming.types import ExpectedVersion, StoredEvent

COPY_FROM = 200  # events; from here on COPY, in a transaction, takes less time

_encoder = msgspec.json.Encoder()

Row = tuple[Any, ...]


class AppendOperations(ShortAppends):
    """What writes events, one or some or many, by what takes the least time."""

    def __init__(self, alias: str, **options: Any) -> None:
        super().__init__(alias, **options)
        written_by = type(self).write_events
        self._writes_as_ever = written_by is AppendOperations.write_events

    def write_events(
        self, stream_name: str, expected: ExpectedVersion, new: list[NewEvent]
    ) -> list[StoredEvent]:
        """See BaseStreams.write_events(). One statement; two where ids were chosen."""
        if len(new) == 1 and not new[0].id_is_given:  # what most appends are
            return self._append_one(stream_name, expected, new[0])
        if chosen := given_ids(new):
            for (event_id,) in self._execute("known_event_ids", {"ids": chosen}):
                raise refuse_known_id(event_id)
        if len(new) == 1:
            return self._append_one(stream_name, expected, new[0])
        if len(new) < COPY_FROM:
            written = self._append_several(stream_name, expected, new)
        else:
            with self.all_or_none():
                written = self._append_by_copy(stream_name, expected, new)
        self.announce_events(stream_name)
        return written

    def _append_one(
        self, stream_name: str, expected: ExpectedVersion, event: NewEvent
    ) -> list[StoredEvent]:
        if _is_plain(event):
            place = self._write_plain(
                stream_name,
                expected,
                event.event_id,
                event.event_type,
                event.schema_version,
                event.json,
            )
        else:
            params = _params_of_one(stream_name, expected, event)
            place = self._write_one("append_one", params, stream_name, expected)
        return [event.stored(stream_name, *place)]

    def _append_several(
        self, stream_name: str, expected: ExpectedVersion, new: list[NewEvent]
    ) -> list[StoredEvent]:
        ((problem, offset, positions, timestamp),) = self._execute_bound(
            "append",
            {
                "stream_name": stream_name,
                "category": arguments.category_of(stream_name),
                "expected": version_number(expected),
                "count": len(new),
                "events": _encoder.encode([_column_values(e) for e in new]).decode(),
                "correlation_id": new[0].correlation_id,
                "causation_id": new[0].causation_id,
            },
        )
        if problem:
            raise append_error(problem, stream_name, expected, actual=offset)
        offsets = _offsets(offset, positions)
        return _stored(stream_name, new, offsets, positions, timestamp)

    def _append_by_copy(
        self, stream_name: str, expected: ExpectedVersion, new: list[NewEvent]
    ) -> list[StoredEvent]:
        """Append in a transaction: a conflict is known before anything is written."""
        category = arguments.category_of(stream_name)
        ((problem, offset, positions, timestamp, stream_id),) = self._execute_bound(
            "begin_append",
            {
                "stream_name": stream_name,
                "category": category,
                "expected": version_number(expected),
                "count": len(new),
            },
        )
        if problem:
            raise append_error(problem, stream_name, expected, actual=offset)
        offsets = _offsets(offset, positions)
        lines = copy_text(stream_id, category, timestamp, positions, offsets, new)
        self._copy("copy_events", lines)
        return _stored(stream_name, new, offsets, positions, timestamp)


def _params_of_one(
    stream_name: str, expected: ExpectedVersion, event: NewEvent
) -> dict[str, Any]:
    return {
        "stream_name": stream_name,
        "category": arguments.category_of(stream_name),
        "expected": version_number(expected),
        "event_id": event.event_id.hex,  # as text: the driver takes longer
        "event_type": event.event_type,
        "schema_version": event.schema_version,
        "key": event.key,
        "bucket": event.bucket,
        "data": event.json.decode(),
        "metadata": event.metadata_json.decode(),
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
    }


def _is_plain(event: NewEvent) -> bool:
    return (
        event.key is None
        and event.correlation_id is None
        and event.causation_id is None
        and event.metadata_json == b"{}"
    )


def _offsets(first: int | None, positions: list[int]) -> Iterable[int]:
    """Return where events lie; in a concurrent stream an offset is a position."""
    return positions if first is None else range(first, first + len(positions))


def _stored(
    stream_name: str,
    new: list[NewEvent],
    offsets: Iterable[int],
    positions: list[int],
    timestamp: str,
) -> list[StoredEvent]:
    recorded = moment(timestamp)
    return [
        event.stored(stream_name, offset, position, recorded)
        for event, offset, position in zip(new, offsets, positions, strict=True)
    ]


def _column_values(event: NewEvent) -> dict[str, Any]:
    """Return what eventstreaming_append_v2() reads of one event."""
    return {
        "i": event.event_id,
        "t": event.event_type,
        "v": event.schema_version,
        "k": event.key,
        "b": event.bucket,
        "d": msgspec.Raw(event.json),
        "m": msgspec.Raw(event.metadata_json),
    }
