"""How commands show what they found."""

from typing import Any

from eventstreaming.types import DeadLetter


def dead_letter_line(letter: DeadLetter) -> str:
    """Return a dead letter in one line: no data, which may be private."""
    lines = letter.error.strip().splitlines() or [""]
    return "  ".join(
        [
            f"{letter.stream_name} #{letter.message_id}",
            letter.died_at.isoformat(timespec="seconds"),
            letter.reason,
            letter.fingerprint[:12] or "-",
            letter.message_type or "-",
            lines[-1][:120],
        ]
    )


def dead_letter_document(letter: DeadLetter) -> dict[str, Any]:
    """Return a dead letter as JSON, with its data and all kept errors."""
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
        "data": letter.data,
        "headers": letter.headers,
        "errors": [
            {"at": e.at.isoformat(), "attempt": e.attempt, "error": e.error}
            for e in letter.errors
        ],
    }
