"""
What a subscription stores of a partition: how far it has come, or what it fails at.

Whoever writes here holds the partition, by a row lock or by a lease.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from math import inf
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from eventstreaming import clock
from eventstreaming.backends import event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.base_streams import BatchBeginning
from eventstreaming.backends.failures import failure_of
from eventstreaming.backends.identity import worker_id
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.choosing import Chooser
from eventstreaming.processing.claims import Claims
from eventstreaming.processing.event_failures import report_failed_event
from eventstreaming.processing.parking import Parking
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.spread import LOOK_AFTER, warn_of_one_bucket
from eventstreaming.types import StoredEvent

logger = logging.getLogger("eventstreaming.worker")

# What moves when a partition gets on.
SAVED = (
    "offset",
    "position",
    "parked_keys",
    "handled",
    "attempts",
    "error",
    "retry_at",
    "owner",
    "progressed_at",
    "looked_at",
)


class PlaceKeeper:
    """Keeps the places of one subscription, for one thread."""

    def __init__(self, subscription: EventSubscription) -> None:
        self.subscription = subscription
        self.handled = 0
        # Seconds between two saves of a partition that has no events of its own, whose
        # place moves with those of others. Who sets it looks again at `save_again_at`.
        self.save_every = 0.0
        self.save_again_at: float | None = None
        self._saved_at: dict[int, float] = {}
        self._parking: Parking | None = None
        self._spread_is_known = False

    @property
    def store(self) -> BaseEventStore:
        return event_stores[self.subscription.store]

    @cached_property
    def database(self) -> str:
        """Return the alias of the database that keeps the checkpoints."""
        if self.store.database is None:
            raise UnsupportedOperation(
                f"subscription {self.subscription.name!r}: "
                f"{type(self.store).__name__} keeps no checkpoints"
            )
        return self.store.database

    @cached_property
    def chooser(self) -> Chooser:
        """Return what says which partition is worked next."""
        declared = self.subscription
        claims = Claims(
            declared.name,
            in_stream=declared.source.is_stream,
            using=self.database,
            owner=worker_id(),
            leases=declared.delivery == "at_least_once",
            begin=self._begins_with(),
        )
        return Chooser(claims, alone=declared.partitions == 1)

    def _begins_with(self) -> Callable[[float], BatchBeginning] | None:
        """Return what makes a batch's beginning, where that is one statement."""
        return None

    def _skips(
        self, checkpoint: Checkpoint, event: StoredEvent, error: BaseException
    ) -> bool:
        declared = self.subscription
        if declared.on_failure != "skip":
            return False
        if checkpoint.attempts + 1 < declared.retry.attempts_allowed:
            return False
        attempts = checkpoint.attempts + 1
        report_failed_event(
            declared, event, error, "skip", self.database, attempts=attempts
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
        checkpoint.looked_at = Now()
        self._write(checkpoint, "attempts", "error", "retry_at", "looked_at")
        report_failed_event(
            declared,
            event,
            error,
            "retry" if again else "stop",
            self.database,
            attempts=checkpoint.attempts,
            delay=delay,
        )
        if again:
            return BatchResult.FAILED
        return self._stop(checkpoint)

    def _lost(self, checkpoint: Checkpoint, error: Exception) -> BatchResult:
        """Stop where the next events were removed before they were read."""
        checkpoint.error = str(error)
        self._write(checkpoint, "error")
        logger.error("%s: stopped: %s", self.subscription.name, error)
        return self._stop(checkpoint)

    def _stop(self, checkpoint: Checkpoint) -> BatchResult:
        row = checkpoint.subscription
        row.state = Subscription.State.STOPPED
        row.save(using=self.database, update_fields=["state"])
        return BatchResult.STOPPED

    def _may_save_later(self, checkpoint: Checkpoint) -> bool:
        """Say whether the place of a partition without events may wait for a moment."""
        if checkpoint.barrier is not None or checkpoint.rebuild_until is not None:
            return False  # somebody waits for the place
        if checkpoint.error or checkpoint.retry_at is not None:
            return False
        again_at = self._saved_at.get(checkpoint.pk, -inf) + self.save_every
        if clock.monotonic() >= again_at:
            return False
        self.save_again_at = min(again_at, self.save_again_at or inf)
        return True

    def _save(self, checkpoint: Checkpoint, reached: int | None, handled: int) -> None:
        """Store how far the partition has come; it never falls."""
        self._move(checkpoint, reached, handled)
        if self._parking is not None:
            self._parking.flush()
        self._write(checkpoint, *SAVED)

    def _move(self, checkpoint: Checkpoint, reached: int | None, handled: int) -> None:
        if self.subscription.source.is_stream:
            checkpoint.offset = reached
        else:
            checkpoint.position = reached
        checkpoint.handled += handled
        self.handled += handled
        if self.handled >= LOOK_AFTER and not self._spread_is_known:
            self._spread_is_known = True
            warn_of_one_bucket(self.subscription, self.database)
        checkpoint.owner = self.chooser.claims.owner
        checkpoint.progressed_at = checkpoint.looked_at = Now()
        self._saved_at[checkpoint.pk] = clock.monotonic()

    def _note_look(self, checkpoint: Any) -> None:
        """Leave a sign of life now and then, though there is nothing to do."""
        if checkpoint.seen_lately:
            return
        checkpoint.owner = checkpoint.owner or self.chooser.claims.owner
        checkpoint.looked_at = Now()
        self._write(checkpoint, "owner", "looked_at")

    def _write(self, checkpoint: Checkpoint, *fields: str) -> None:
        """Store what has changed of a partition; a lease that was on it ends."""
        checkpoint.epoch = F("epoch") + 1
        checkpoint.save(using=self.database, update_fields=[*fields, "epoch"])
