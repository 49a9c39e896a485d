"""Dead letters by the ORM: putting messages there, and sending them back."""

from collections.abc import Iterable
from typing import Any

from eventstreaming.backends.database.tables import Tables, stored_json
from eventstreaming.backends.failures import Failure
from eventstreaming.events import arguments
from eventstreaming.events.limits import limits
from eventstreaming.models import DeadLetter as DeadLetterRow
from eventstreaming.models import Message as MessageRow
from eventstreaming.types import DeadLetter, DeadReason


class DeadLetterOperations(Tables):
    """What happens to a message that will not be delivered again."""

    def dead_letters(
        self,
        stream_name: str | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        limit: int = 100,
    ) -> list[DeadLetter]:
        """See services.dead_letters()."""
        rows = self._dead_letters.order_by("-pk")
        if stream_name is not None:
            rows = rows.filter(queue=arguments.stream_name(stream_name))
        if reason is not None:
            rows = rows.filter(reason=arguments.text(reason, "reason"))
        if fingerprint is not None:
            rows = rows.filter(fingerprint=arguments.text(fingerprint, "fingerprint"))
        count = arguments.integer(limit, "limit", 1, limits().messages_per_dequeue)
        return [self._dead_letter(row) for row in rows[:count]]

    def redrive(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        limit: int | None = None,
    ) -> int:
        """See services.redrive(). The lease goes on, so old receipts stay lost."""
        stream_name = arguments.stream_name(stream_name)
        chosen = self._dead_letters.filter(queue=stream_name).order_by("pk")
        if ids is not None:
            chosen = chosen.filter(pk__in=arguments.message_ids(ids))
        limit = arguments.optional_integer(limit, "limit", 1)
        with self.all_or_none():
            rows = list(chosen.select_for_update(skip_locked=True)[:limit])
            self._messages.bulk_create(MessageRow(**_kept(row)) for row in rows)
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

    def _dead_letter(self, row: DeadLetterRow) -> DeadLetter:
        return DeadLetter(
            stream_name=row.queue,
            message_id=str(row.pk),
            message_type=row.message_type,
            data=row.data,
            headers=row.headers or {},
            priority=-row.rank,
            group_key=row.group_key,
            deliveries=row.deliveries,
            attempts=row.attempts,
            enqueued_at=self._moment(row.enqueued_at),
            correlation_id=row.correlation_id,
            schema_version=row.schema_version,
            reason=row.reason,
            error=row.error,
            fingerprint=row.fingerprint,
            died_at=self._moment(row.died_at),
        )


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
