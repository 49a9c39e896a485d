"""Rows as the text that COPY reads: one line each, with tabs between columns."""

from collections.abc import Iterable, Sequence

from eventstreaming.events.envelopes import NewEvent

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_text(
    stream_id: int,
    category: str,
    timestamp: str,
    positions: Iterable[int],
    offsets: Iterable[int],
    events: Sequence[NewEvent],
) -> str:
    """
    Return the lines of events in the column order of `sql/copy_events.sql`.

    Names need no escapes: they have neither tabs nor backslashes. JSON has no
    control characters, only backslashes.
    """
    data = json_texts(event.json for event in events)
    metadata = json_texts(event.metadata_json for event in events)
    return "".join(
        f"{position}\t{stream_id}\t{category}\t{offset}\t{event.bucket}"
        f"\t{event.event_type}\t{event.schema_version}\t{event.event_id.hex}"
        f"\t{column_text(event.key)}\t{event_data}"
        f"\t{event_metadata}\t{column_text(event.correlation_id)}"
        f"\t{column_text(event.causation_id)}\t{timestamp}\n"
        for position, offset, event, event_data, event_metadata in zip(
            positions, offsets, events, data, metadata, strict=True
        )
    )


def column_text(value: str | None) -> str:
    """Return a value of a column as COPY reads it."""
    return "\\N" if value is None else value.translate(_ESCAPES)


def json_texts(encoded: Iterable[bytes]) -> list[str]:
    """Return encoded JSON as COPY reads it; there is no new line in any."""
    return b"\n".join(encoded).replace(b"\\", b"\\\\").decode().split("\n")
