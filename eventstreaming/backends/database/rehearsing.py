"""What tests ask of a store in a database, by the ORM."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from eventstreaming.backends.base_rehearsing import LiveMessage
from eventstreaming.backends.relational import RelationalStore
from eventstreaming.models import Checkpoint, DeadLetter, IdempotencyKey, Saga
from eventstreaming.models import Message as MessageRow
from eventstreaming.models.queues import NEVER


class RehearsalOperations(RelationalStore):
    """Leases go by the database's clock, so time passes by moving its rows back."""

    def live_messages(self, stream_name: str | None = None) -> list[LiveMessage]:
        """See BaseRehearsing.live_messages()."""
        rows = self._rows.annotate(now=Now()).order_by("pk")
        if stream_name is not None:
            rows = rows.filter(queue=stream_name)
        return [
            LiveMessage(
                stream_name=row.queue,
                message_id=str(row.pk),
                message_type=row.message_type,
                schema_version=row.schema_version,
                data=row.data,
                headers=row.headers or {},
                priority=-row.rank,
                group_key=row.group_key,
                deduplication_key=row.deduplication_key,
                correlation_id=row.correlation_id,
                due_in=max(0.0, ((row.due_at or row.now) - row.now).total_seconds()),
                deliveries=row.deliveries,
                attempts=row.attempts,
            )
            for row in rows
        ]

    def seconds_to_next(
        self, queues: Collection[str], subscriptions: Collection[str] = ()
    ) -> float | None:
        """See BaseRehearsing.seconds_to_next()."""
        deferred = self._rows.filter(
            queue__in=queues, state=MessageRow.State.DEFERRED, due_at__gt=Now()
        )
        retried = Checkpoint.objects.using(self.database).filter(
            subscription__name__in=subscriptions, retry_at__gt=Now()
        )
        waits = [
            *deferred.annotate(wait=F("due_at") - Now()).values_list("wait", flat=True),
            *retried.annotate(wait=F("retry_at") - Now()).values_list(
                "wait", flat=True
            ),
        ]
        return min((wait.total_seconds() for wait in waits), default=None)

    def pass_time(self, seconds: float) -> None:
        """See BaseRehearsing.pass_time()."""
        database = self.database
        leased = self._rows.filter(leased_until__gt=NEVER)
        older = timedelta(seconds=seconds)
        with self.all_or_none():
            leased.update(leased_until=F("leased_until") - older)
            for rows, names in (
                (self._rows, ("due_at", "expires_at", "enqueued_at")),
                (DeadLetter.objects.using(database), ("died_at", "enqueued_at")),
                (IdempotencyKey.objects.using(database), ("created_at",)),
                (Checkpoint.objects.using(database), ("retry_at",)),
                (Saga.objects.using(database), ("due_at", "step_deadline")),
            ):
                rows.update(**{name: F(name) - older for name in names})

    @property
    def _rows(self) -> "QuerySet[MessageRow]":
        return MessageRow.objects.using(self.database)
