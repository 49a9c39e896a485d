"""
Running a subscription: one batch of events in one transaction.

Whoever holds the row lock of the checkpoint works the partition; a crash ends
the transaction and with it the lock. Handlers' writes and the checkpoint
commit together, so each event takes effect exactly once.
"""

import logging
from datetime import timedelta
from enum import Enum

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from eventstreaming import clock
from eventstreaming.backends import event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.failures import failure_of
from eventstreaming.events.registry import event_types
from eventstreaming.exceptions import (
    EventsTruncated,
    HandlerConflict,
    StreamDeleted,
    UnsupportedOperation,
)
from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.processing.calls import handle_event
from eventstreaming.processing.outages import is_contention, is_outage
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.types import StoredEvent

logger = logging.getLogger("eventstreaming.worker")

MAX_BATCH_SECONDS = 0.1  # a batch that appends holds the fence for others


class BatchResult(Enum):
    PROGRESSED = "progressed"
    CAUGHT_UP = "caught up"
    BUSY = "another worker has it"
    FAILED = "failed, to be tried again"
    WAITING = "waiting to try again"
    STOPPED = "stopped"


class SubscriptionRunner:
    """Runs one subscription, batch by batch."""

    def __init__(self, subscription: EventSubscription) -> None:
        self.subscription = subscription
        self.handled = 0

    @property
    def store(self) -> BaseEventStore:
        return event_stores[self.subscription.store]

    @property
    def database(self) -> str:
        """Return the alias of the database that keeps the checkpoints."""
        if self.store.database is None:
            raise UnsupportedOperation(
                f"subscription {self.subscription.name!r}: "
                f"{type(self.store).__name__} keeps no checkpoints"
            )
        return self.store.database

    def prepare(self) -> bool:
        """
        Create the rows of a new subscription; return True.

        Raise HandlerConflict when the stored source or filter differs: the
        checkpoint would mean something else.
        """
        declared = self.subscription
        row, created = Subscription.objects.using(self.database).get_or_create(
            name=declared.name,
            defaults={
                "source": declared.source_text,
                "event_types": declared.event_types,
            },
        )
        Checkpoint.objects.using(self.database).get_or_create(
            subscription=row, partition=0
        )
        if row.source != declared.source_text:
            raise HandlerConflict(
                f"subscription {declared.name!r} reads {declared.source_text!r} now, "
                f"its checkpoint was made for {row.source!r}; give it a new name, or "
                "change it back"
            )
        if row.event_types != declared.event_types:
            row.event_types = declared.event_types
            row.save(using=self.database, update_fields=["event_types"])
        if created:
            logger.info(
                "%s: new subscription to %s", declared.name, declared.source_text
            )
        return True

    def run_batch(self) -> BatchResult:
        """Handle the next events, if the partition is free; commit once."""
        with self.store.batch():
            checkpoint = (
                Checkpoint.objects.using(self.database)
                .select_for_update(skip_locked=True, of=("self",))
                .select_related("subscription")
                .annotate(
                    waits=ExpressionWrapper(
                        Q(retry_at__isnull=False, retry_at__gt=Now()),
                        output_field=BooleanField(),
                    )
                )
                .filter(subscription__name=self.subscription.name, partition=0)
                .first()
            )
            if checkpoint is None:
                return BatchResult.BUSY
            if checkpoint.subscription.state == Subscription.State.STOPPED:
                return BatchResult.STOPPED
            if checkpoint.waits:
                return BatchResult.WAITING
            return self._work(checkpoint)

    def _work(self, checkpoint: Checkpoint) -> BatchResult:
        declared = self.subscription
        after = checkpoint.offset if declared.source.is_stream else checkpoint.position
        try:
            events, looked_at = declared.source.next_events(
                self.store, after, declared.batch_size, declared.event_types
            )
        except (EventsTruncated, StreamDeleted) as removed:
            return self._lost(checkpoint, removed)
        deadline = clock.monotonic() + MAX_BATCH_SECONDS
        reached, handled = after, 0
        for event in events:
            if handled and clock.monotonic() > deadline:
                break
            error = self._handle(event)
            if error is not None and not self._skips(checkpoint, event, error):
                self._save(checkpoint, reached, handled)
                return self._failed(checkpoint, event, error)
            reached = declared.source.place(event)
            handled += 1
            checkpoint.attempts = 0
        if handled == len(events) < declared.batch_size:
            # The rest was filtered out, or its positions are not used.
            before = declared.source.before_first if reached is None else reached
            reached = looked_at if looked_at > before else reached
        if reached == after:
            return BatchResult.CAUGHT_UP
        checkpoint.error, checkpoint.retry_at = "", None
        self._save(checkpoint, reached, handled)
        return BatchResult.PROGRESSED if handled else BatchResult.CAUGHT_UP

    def _handle(self, event: StoredEvent) -> BaseException | None:
        """Call the function in a savepoint; return what it raised."""
        declared = self.subscription
        if (
            declared.unknown_types == "skip"
            and event_types.class_of(event.event_type) is None
        ):
            logger.info("%s: passed over %r: unknown type", declared.name, event)
            return None
        try:
            with transaction.atomic(using=self.database):
                handle_event(self.subscription.function, event)
        except BaseException as error:  # SystemExit must not end the thread unseen
            if is_outage(error, self.database) or is_contention(error):
                raise
            return error
        return None

    def _skips(
        self, checkpoint: Checkpoint, event: StoredEvent, error: BaseException
    ) -> bool:
        declared = self.subscription
        if declared.on_failure != "skip":
            return False
        if checkpoint.attempts + 1 < declared.retry.attempts_allowed:
            return False
        logger.error(
            "%s: skipped %r after %d attempts: %r",
            declared.name,
            event,
            checkpoint.attempts + 1,
            error,
            exc_info=error,
        )
        return True

    def _failed(
        self, checkpoint: Checkpoint, event: StoredEvent, error: BaseException
    ) -> BatchResult:
        declared = self.subscription
        checkpoint.attempts += 1
        checkpoint.error = f"{event!r}\n{failure_of(error).text}"
        again = checkpoint.attempts < declared.retry.attempts_allowed
        delay = declared.retry.delay(checkpoint.attempts, error) if again else 0.0
        # In the row, by the database's clock: other workers wait, too.
        checkpoint.retry_at = Now() + timedelta(seconds=delay) if delay else None
        checkpoint.save(
            using=self.database, update_fields=["attempts", "error", "retry_at"]
        )
        if again:
            logger.warning(
                "%s: %r failed (attempt %d of %d), again in %.1f s: %r",
                declared.name,
                event,
                checkpoint.attempts,
                declared.retry.attempts_allowed,
                delay,
                error,
            )
            return BatchResult.FAILED
        logger.error(
            "%s: stopped at %r after %d attempts: %r",
            declared.name,
            event,
            checkpoint.attempts,
            error,
            exc_info=error,
        )
        return self._stop(checkpoint)

    def _lost(self, checkpoint: Checkpoint, error: Exception) -> BatchResult:
        """Stop where the next events were removed before they were read."""
        checkpoint.error = str(error)
        checkpoint.save(using=self.database, update_fields=["error"])
        logger.error("%s: stopped: %s", self.subscription.name, error)
        return self._stop(checkpoint)

    def _stop(self, checkpoint: Checkpoint) -> BatchResult:
        row = checkpoint.subscription
        row.state = Subscription.State.STOPPED
        row.save(using=self.database, update_fields=["state"])
        return BatchResult.STOPPED

    def _save(self, checkpoint: Checkpoint, reached: int | None, handled: int) -> None:
        """Store how far the partition has come; it never falls."""
        if self.subscription.source.is_stream:
            checkpoint.offset = reached
        else:
            checkpoint.position = reached
        checkpoint.handled += handled
        self.handled += handled
        checkpoint.progressed_at = Now()
        checkpoint.save(
            using=self.database,
            update_fields=[
                "offset",
                "position",
                "handled",
                "attempts",
                "error",
                "retry_at",
                "progressed_at",
            ],
        )
