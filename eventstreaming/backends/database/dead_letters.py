"""Dead letters by the ORM: finding them, and throwing them away."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from eventstreaming.backends.relational import RelationalStore
from eventstreaming.events import arguments
from eventstreaming.events.dead_letter_filter import (
    DeadLetterFilter,
    dead_letter_filter,
)
from eventstreaming.events.limits import limits
from eventstreaming.models import DeadLetter as DeadLetterRow
from eventstreaming.types import DeadLetter, Duration, FailedAttempt


class DeadLetterOperations(RelationalStore):
    """What PostgreSQL and SQLite do alike. Sending back differs."""

    @property
    def _dead_letters(self) -> QuerySet[DeadLetterRow]:
        return DeadLetterRow.objects.using(self.database)

    def dead_letters(
        self,
        stream_name: str | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
        limit: int = 100,
    ) -> list[DeadLetter]:
        """See services.dead_letters()."""
        chosen = dead_letter_filter(
            stream_name,
            None,
            reason=reason,
            fingerprint=fingerprint,
            older_than=older_than,
            newer_than=newer_than,
            limit=arguments.integer(limit, "limit", 1, limits().messages_per_dequeue),
        )
        rows = self._chosen_dead_letters(chosen).order_by("-pk")[: chosen.limit]
        return [self._dead_letter(row) for row in rows]

    def count_dead_letters(
        self,
        stream_name: str | None = None,
        ids: Iterable[str] | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
    ) -> int:
        """See BaseEventStore.count_dead_letters()."""
        chosen = dead_letter_filter(
            stream_name,
            ids,
            reason=reason,
            fingerprint=fingerprint,
            older_than=older_than,
            newer_than=newer_than,
            limit=None,
        )
        return self._chosen_dead_letters(chosen).count()

    def dead_letter_queues(self) -> list[str]:
        """See BaseEventStore.dead_letter_queues(). One index probe for each."""
        names: list[str] = []
        found = self._dead_letters.order_by("queue").values_list("queue", flat=True)
        name = found.first()
        while name is not None:
            names.append(name)
            name = found.filter(queue__gt=name).first()
        return names

    def discard(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
        limit: int | None = None,
    ) -> int:
        """See services.discard(). What is being sent back is passed over."""
        chosen = dead_letter_filter(
            arguments.stream_name(stream_name),
            ids,
            reason=reason,
            fingerprint=fingerprint,
            older_than=older_than,
            newer_than=newer_than,
            limit=limit,
        )
        with transaction.atomic(using=self.database):
            rows = self._chosen_dead_letters(chosen).order_by("pk")
            locked = rows.select_for_update(skip_locked=True)
            keys = list(locked.values_list("pk", flat=True)[: chosen.limit])
            if keys:
                self._dead_letters.filter(pk__in=keys)._raw_delete(self.database)
        return len(keys)

    def _chosen_dead_letters(self, chosen: DeadLetterFilter) -> QuerySet[DeadLetterRow]:
        rows = self._dead_letters
        if chosen.stream_name is not None:
            rows = rows.filter(queue=chosen.stream_name)
        if chosen.ids is not None:
            rows = rows.filter(pk__in=chosen.ids)
        if chosen.reason is not None:
            rows = rows.filter(reason=chosen.reason)
        if chosen.fingerprint is not None:
            rows = rows.filter(fingerprint=chosen.fingerprint)
        if chosen.older_than is not None:
            age = timedelta(seconds=chosen.older_than)
            rows = rows.filter(died_at__lte=Now() - age)
        if chosen.newer_than is not None:
            age = timedelta(seconds=chosen.newer_than)
            rows = rows.filter(died_at__gt=Now() - age)
        return rows

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
            errors=tuple(
                FailedAttempt(
                    at=datetime.fromisoformat(entry["at"]),
                    attempt=entry["attempt"],
                    error=entry["error"],
                )
                for entry in row.errors or ()
            ),
            fingerprint=row.fingerprint,
            died_at=self._moment(row.died_at),
        )
