"""Persistent streams in PostgreSQL: appending, and what is known of a stream."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from eventstreaming.backends.relational import RelationalStore, moment
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
from eventstreaming.types import (
    ANY_VERSION,
    JSON,
    STREAM_EXISTS,
    ExpectedVersion,
    StoredEvent,
    StreamInfo,
)

_SERIAL, _CONCURRENT = 0, 1
_DELETED = 1
_RULES: dict[ExpectedVersion, int] = {ANY_VERSION: -2, STREAM_EXISTS: -3}
_encoder = msgspec.json.Encoder()


class StreamOperations(RelationalStore):
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
        """See services.append(). One statement, two where the caller chose ids."""
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
        if chosen := given_ids(new):
            for (event_id,) in self._execute("known_event_ids", {"ids": chosen}):
                raise refuse_known_id(event_id)
        ((problem, offset, positions, timestamp),) = self._execute(
            "append",
            {
                "stream_name": stream_name,
                "category": arguments.category_of(stream_name),
                "expected": _version_number(expected),
                "count": len(new),
                "events": _encoder.encode([_column_values(e) for e in new]).decode(),
                "correlation_id": new[0].correlation_id,
                "causation_id": new[0].causation_id,
            },
        )
        if problem:
            raise _append_error(problem, stream_name, expected, actual=offset)
        recorded = moment(timestamp)
        return [
            event.stored(stream_name, offset + index, position, recorded)
            for index, (event, position) in enumerate(zip(new, positions, strict=True))
        ]

    def stream_info(self, stream_name: str) -> StreamInfo:
        """See services.stream_info()."""
        stream_name = arguments.stream_name(stream_name)
        rows = self._execute("stream_info", {"stream_name": stream_name})
        if not rows or rows[0][0] == _DELETED:
            return StreamInfo(
                stream_name, False, False, 0, -1, 0, None, None, deleted=bool(rows)
            )
        _, kind, first, following, *times = rows[0]
        concurrent = kind == _CONCURRENT
        return StreamInfo(
            stream_name=stream_name,
            exists=True,
            concurrent=concurrent,
            first_offset=first,
            last_offset=following - 1,
            length=None if concurrent else following - first,
            first_timestamp=times[0] and self._moment(times[0]),
            last_timestamp=times[1] and self._moment(times[1]),
        )

    def create_stream(self, stream_name: str, *, concurrent: bool = False) -> bool:
        """See services.create_stream()."""
        stream_name = arguments.stream_name(stream_name)
        kind = _SERIAL
        if arguments.flag(concurrent, "concurrent"):
            self._require("supports_concurrent_streams", "concurrent streams")
            kind = _CONCURRENT
        created = self._execute(
            "create_stream",
            {
                "stream_name": stream_name,
                "category": arguments.category_of(stream_name),
                "kind": kind,
            },
        )
        if created:
            return True
        ((actual, state),) = self._execute("stream_kind", {"stream_name": stream_name})
        if state == _DELETED:
            raise StreamDeleted(stream_name)
        if actual != kind:
            raise StreamKindConflict(
                stream_name,
                "it exists as the other kind; a stream's kind never changes",
            )
        return False


def _column_values(event: NewEvent) -> dict[str, Any]:
    """Return what eventstreaming_append_v1() reads of one event."""
    return {
        "i": event.event_id,
        "t": event.event_type,
        "v": event.schema_version,
        "k": event.key,
        "b": event.bucket,
        "d": msgspec.Raw(event.json),
        "m": event.metadata,
    }


def _version_number(expected: ExpectedVersion) -> int:
    return expected if isinstance(expected, int) else _RULES[expected]


def _append_error(
    problem: str, stream_name: str, expected: ExpectedVersion, actual: int
) -> Exception:
    if problem == "deleted":
        return StreamDeleted(stream_name)
    if problem == "concurrent":
        return StreamKindConflict(
            stream_name, "a concurrent stream is not appended to in order"
        )
    return WrongExpectedVersion(stream_name, expected, actual)
