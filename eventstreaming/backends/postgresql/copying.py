"""Rows as the text that COPY reads: one line each, with tabs between columns."""

from collections.abc import Iterable

from eventstreaming.events.envelopes import NewEvent

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_text(
    stream_id: int,
    category: str,
    timestamp: str,
    positions: Iterable[int],
    offsets: Iterable[int],
    events: Iterable[NewEvent],
) -> str:
    """
    Return the lines of events in the column order of `sql/copy_events.sql`.

    Names need no escapes: they have neither tabs nor backslashes. JSON has no
    control characters, only backslashes.
    """
    return "".join(
        f"{position}\t{stream_id}\t{category}\t{offset}\t{event.bucket}"
        f"\t{event.event_type}\t{event.schema_version}\t{event.event_id.hex}"
        f"\t{column_text(event.key)}\t{json_text(event.json)}"
        f"\t{json_text(event.metadata_json)}\t{column_text(event.correlation_id)}"
        f"\t{column_text(event.causation_id)}\t{timestamp}\n"
        for position, offset, event in zip(positions, offsets, events, strict=True)
    )


def column_text(value: str | None) -> str:
    """Return a value of a column as COPY reads it."""
    return "\\N" if value is None else value.translate(_ESCAPES)


def json_text(encoded: bytes) -> str:
    """Return encoded JSON as COPY reads it; it has no control characters."""
    return encoded.replace(b"\\", b"\\\\").decode()
