"""Messages that die, and that are sent back, by the ORM."""

from collections.abc import Iterable
from typing import Any

from eventstreaming.backends.database.dead_letters import DeadLetterOperations
from eventstreaming.backends.database.tables import Tables, stored_json
from eventstreaming.backends.failures import Failure
from eventstreaming.events import arguments
from eventstreaming.events.dead_letter_filter import (
    Edit,
    checked_edit,
    dead_letter_filter,
)
from eventstreaming.models import DeadLetter as DeadLetterRow
from eventstreaming.models import Message as MessageRow
from eventstreaming.types import JSON, DeadReason, Duration


class BuryingOperations(DeadLetterOperations, Tables):
    """A message is moved between two tables, under its own id."""

    def redrive(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
        limit: int | None = None,
        message: object = None,
        headers: dict[str, JSON] | None = None,
    ) -> int:
        """See services.redrive(). The lease goes on, so old receipts stay lost."""
        chosen = dead_letter_filter(
            arguments.stream_name(stream_name),
            ids,
            reason=reason,
            fingerprint=fingerprint,
            older_than=older_than,
            newer_than=newer_than,
            limit=limit,
        )
        edit = checked_edit(chosen, message, headers)
        with self.all_or_none():
            found = self._chosen_dead_letters(chosen).order_by("pk")
            rows = list(found.select_for_update(skip_locked=True)[: chosen.limit])
            self._messages.bulk_create(
                MessageRow(**{**_kept(row), **_edited(edit)}) for row in rows
            )
            self._dead_letters.filter(pk__in=[row.pk for row in rows]).delete()
        return len(rows)

    def _bury(self, row: MessageRow, reason: DeadReason, failure: Failure) -> None:
        """Move a locked message to the dead letters."""
        self._dead_letters.create(
            **_kept(row),
            deliveries=row.deliveries,
            attempts=row.attempts,
            reason=reason,
            error=failure.text,
            fingerprint=failure.fingerprint,
        )
        self._delete(self._messages.filter(pk=row.pk))


def _kept(row: MessageRow | DeadLetterRow) -> dict[str, Any]:
    """Return what a message keeps when it dies, and when it is sent back."""
    return {
        "id": row.pk,
        "queue": row.queue,
        "rank": row.rank,
        "group_key": row.group_key,
        "message_type": row.message_type,
        "schema_version": row.schema_version,
        "data": stored_json(row.data),
        "headers": row.headers,
        "correlation_id": row.correlation_id,
        "enqueued_at": row.enqueued_at,
        "max_attempts": row.max_attempts,
        "lease": row.lease,
        "errors": row.errors,
    }


def _edited(edit: Edit) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if edit.message is not None:
        values["message_type"] = edit.message.message_type
        values["schema_version"] = edit.message.schema_version
        values["data"] = stored_json(edit.message.data)
    if edit.headers is not None:
        values["headers"] = edit.headers or None
    return values
