"""How commands show what they found."""

from typing import Any

from eventstreaming.management.tables import printable
from eventstreaming.operations.parked_events import ParkedEventInfo
from eventstreaming.operations.redaction import shown
from eventstreaming.types import DeadLetter


def dead_letter_line(letter: DeadLetter) -> str:
    """Return a dead letter in one line: no data, which may be private."""
    lines = letter.error.strip().splitlines() or [""]
    parts = [
        f"{letter.stream_name} #{letter.message_id}",
        letter.died_at.isoformat(timespec="seconds"),
        letter.reason,
        letter.fingerprint[:12] or "-",
        letter.message_type or "-",
        lines[-1][:120],
    ]
    return printable("  ".join(parts))


def dead_letter_document(letter: DeadLetter) -> dict[str, Any]:
    """Return a dead letter as JSON, with its data and all kept errors."""
    of = letter.stream_name, letter.message_type
    return {
        "queue": letter.stream_name,
        "id": letter.message_id,
        "type": letter.message_type,
        "schema_version": letter.schema_version,
        "reason": letter.reason,
        "fingerprint": letter.fingerprint,
        "deliveries": letter.deliveries,
        "attempts": letter.attempts,
        "enqueued_at": letter.enqueued_at.isoformat(),
        "died_at": letter.died_at.isoformat(),
        "correlation_id": letter.correlation_id,
        "data": shown(*of, letter.data),
        "headers": shown(*of, letter.headers, "headers"),
        "errors": [
            {"at": e.at.isoformat(), "attempt": e.attempt, "error": e.error}
            for e in letter.errors
        ],
    }


def parked_event_line(row: ParkedEventInfo) -> str:
    """Return a parked event in one line: no data, which may be private."""
    lines = row.error.strip().splitlines() or [""]
    parts = [
        f"{row.subscription} #{row.position}",
        f"key {row.key[:80]}",
        f"{row.stream_name}@{row.offset}",
        row.event_type,
        row.state,
        lines[-1][:120],
    ]
    return printable("  ".join(part for part in parts if part))


def parked_event_document(row: ParkedEventInfo) -> dict[str, Any]:
    """Return a parked event as JSON."""
    edited = row.edited_data
    if edited is not None:
        edited = shown(row.stream_name, row.event_type, edited)
    return {
        "subscription": row.subscription,
        "position": row.position,
        "key": row.key,
        "stream": row.stream_name,
        "offset": row.offset,
        "type": row.event_type,
        "state": row.state,
        "attempts": row.attempts,
        "error": row.error,
        "retry_at": row.retry_at and row.retry_at.isoformat(),
        "parked_at": row.parked_at.isoformat(),
        "edited_data": edited,
    }
