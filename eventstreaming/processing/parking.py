"""
Setting keys aside: a failing event, and all later ones of its key.

The others of the partition go on. What is parked is tried again in its order, while
new events of the key queue up behind it, until nothing of it is left.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from eventstreaming.backends.failures import failure_of
from eventstreaming.backends.reading import BucketRange
from eventstreaming.events.envelopes import BUCKETS, bucket_of
from eventstreaming.events.signals import FailedOutcome, tell_event_failed
from eventstreaming.models import Checkpoint, ParkedEvent, Subscription
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.types import StoredEvent

logger = logging.getLogger("eventstreaming.worker")

READY = Q(state=ParkedEvent.State.READY)
DUE = READY & (Q(retry_at__isnull=True) | Q(retry_at__lte=Now()))


def heads_of(checkpoint: Any, using: str) -> Any:
    """Return the first parked event of each key of a partition."""
    return ParkedEvent.objects.using(using).filter(
        subscription=checkpoint.subscription_id,
        bucket__range=(checkpoint.first_bucket, checkpoint.last_bucket),
        state__gt=ParkedEvent.State.BEHIND,
    )


class Parking:
    """
    What of one partition is parked, as a batch changes it.

    Nothing is written before `flush()`, which belongs into the transaction that
    stores how far the partition has come.
    """

    def __init__(self, checkpoint: Any, retry: RetryPolicy, using: str) -> None:
        self.checkpoint = checkpoint
        self.retry = retry
        self.using = using
        self.keys: set[str] = set()
        self._new: list[ParkedEvent] = []
        if checkpoint.parked_keys:
            self.keys.update(heads_of(checkpoint, using).values_list("key", flat=True))

    def holds(self, event: StoredEvent) -> bool:
        """Say whether the event has to wait for others of its key."""
        return bool(self.keys) and self._key_of(event) in self.keys

    def add_behind(self, event: StoredEvent) -> None:
        """Let an event wait for those of its key that are parked."""
        self._new.append(self._row(event))

    def add_failed(self, event: StoredEvent, error: BaseException) -> None:
        """Set the key of an event aside."""
        row = self._row(event)
        self.note_failure(row, event, error)
        self._new.append(row)
        self.keys.add(row.key)

    def note_failure(
        self, row: ParkedEvent, event: StoredEvent, error: BaseException
    ) -> None:
        """Write into a row what happened, and when it is tried again, if it is."""
        row.attempts += 1
        row.error = f"{event!r}\n{failure_of(error).text}"
        again = row.attempts < self.retry.attempts_allowed
        delay = self.retry.delay(row.attempts, error) if again else 0.0
        row.state = ParkedEvent.State.READY if again else ParkedEvent.State.FAILED
        row.retry_at = Now() + timedelta(seconds=delay) if delay else None
        name = self.checkpoint.subscription.name
        outcome: FailedOutcome = "retry" if again else "park"
        tell_event_failed(name, event, error, outcome, self.using)
        logger.log(
            logging.WARNING if again else logging.ERROR,
            "%s: %r failed (attempt %d of %d), %s: %r",
            name,
            event,
            row.attempts,
            self.retry.attempts_allowed,
            f"again in {delay:.1f} s" if again else f"key {row.key!r:.80} is parked",
            error,
            exc_info=None if again else error,
        )

    def flush(self) -> None:
        """Write what was set aside; the partition counts its keys."""
        if self._new:
            ParkedEvent.objects.using(self.using).bulk_create(self._new)
        # Where the lock was not held all the time, all before it may be skipped by now.
        for key in {row.key for row in self._new if not row.state}:
            promote_next(self.checkpoint.subscription_id, key, self.using)
        self._new = []
        if self.keys or self.checkpoint.parked_keys:
            self.checkpoint.parked_keys = count_parked_keys(self.checkpoint, self.using)

    def refresh(self) -> None:
        """Look again which keys are parked, after a flush."""
        if self.keys or self.checkpoint.parked_keys:
            heads = heads_of(self.checkpoint, self.using)
            self.keys = set(heads.values_list("key", flat=True))

    def _row(self, event: StoredEvent) -> ParkedEvent:
        key = self._key_of(event)
        by_event = self._by_event
        return ParkedEvent(
            subscription_id=self.checkpoint.subscription_id,
            key=key,
            bucket=event.position * BucketRange.FACTOR % BUCKETS
            if by_event
            else bucket_of(key),
            position=event.position,
            stream_name=event.stream_name,
            offset=event.offset,
            event_type=event.event_type,
        )

    def _key_of(self, event: StoredEvent) -> str:
        """Return what is in order: without a key that is a stream, or nothing."""
        if self._by_event:
            return str(event.position)
        return event.key or event.stream_name

    @property
    def _by_event(self) -> bool:
        shared_by = self.checkpoint.subscription.partition_by
        return bool(shared_by == Subscription.PartitionBy.EVENT)


def count_parked_keys(checkpoint: Checkpoint, using: str) -> int:
    """Return how many keys of a partition are parked."""
    return int(heads_of(checkpoint, using).count())


def promote_next(subscription: int, key: str, using: str) -> bool:
    """Make the first parked event of a key its head; say whether there is one."""
    rows = ParkedEvent.objects.using(using).filter(subscription=subscription, key=key)
    first = rows.order_by("subscription", "key", "position").first()
    if first is None:
        return False
    if first.state == ParkedEvent.State.BEHIND:
        rows.filter(pk=first.pk).update(state=ParkedEvent.State.READY)
    return True
