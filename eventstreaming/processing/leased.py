"""
Running a subscription whose effects lie outside the database: at least once.

A partition is leased, its events are handled outside a transaction, and the place
that was reached is committed only by who still has the lease: a worker that was
believed dead is refused by the epoch.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from asgiref.sync import sync_to_async
from django.db import Error
from django.db.models import QuerySet
from django.db.models.functions import Now

from eventstreaming import clock
from eventstreaming.exceptions import PartitionLost
from eventstreaming.models import Checkpoint
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.calls import EventCaller
from eventstreaming.processing.outages import is_outage
from eventstreaming.processing.parking import Parking
from eventstreaming.processing.partition_leases import (
    PartitionLease,
    partition_leases,
)
from eventstreaming.processing.place_keeping import SAVED
from eventstreaming.processing.projections.declaring import Projection
from eventstreaming.processing.projections.running import ProjectionRunner
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.types import StoredEvent

logger = logging.getLogger("eventstreaming.worker")

LONGEST_BATCH_SECONDS = 1.0


def runner_of(
    subscription: EventSubscription, *, careful: bool = False
) -> SubscriptionRunner:
    """Return what runs a subscription, by its delivery. See SubscriptionRunner."""
    if subscription.delivery == "at_least_once":
        return LeasedRunner(subscription)
    if isinstance(subscription.function, Projection):
        return ProjectionRunner(subscription, careful=careful)
    return SubscriptionRunner(subscription, careful=careful)


class LeasedRunner(SubscriptionRunner):
    """
    Runs one subscription at least once; see SubscriptionRunner.

    Between commits the lease is kept, and with it the partition.
    """

    def __init__(self, subscription: EventSubscription) -> None:
        super().__init__(subscription)
        self._lease: PartitionLease | None = None
        self._checkpoint: Any = None
        self._uncommitted = 0
        self._uncommitted_since = 0.0
        self._hand_place: int | None = None

    def run_batch(self) -> BatchResult:
        """See SubscriptionRunner.run_batch()."""
        try:
            return super().run_batch()
        except PartitionLost as lost:
            logger.warning("%s", lost)
            self._let_go()
            return BatchResult.LEFT

    def close(self) -> None:
        """Commit, unless that is done by hand, and give the partition back."""
        if self._lease is not None:
            with suppress(PartitionLost, Error):  # the time-out gives it back as well
                self._release()
            self._let_go()

    def _turn(self, tried: list[int]) -> tuple[Any | None, BatchResult]:
        """Take a partition, or go on with the one that is leased."""
        if self._lease is None and not self._take(tried):
            return None, BatchResult.CAUGHT_UP
        checkpoint = self._checkpoint
        result = self._work(checkpoint)
        if self._gives_back(result):
            self._release()
            self._let_go()
        return checkpoint, result

    def _take(self, tried: list[int]) -> bool:
        timeout = self.subscription.session_timeout
        with self.store.batch():
            checkpoint = self.chooser.take(tried, self._end)
            if checkpoint is None:
                return False
            checkpoint.epoch += 1
            checkpoint.owner = self.chooser.claims.owner
            checkpoint.leased_until = Now() + timedelta(seconds=timeout)
            checkpoint.looked_at = Now()
            checkpoint.save(
                using=self.database,
                update_fields=["epoch", "owner", "leased_until", "looked_at"],
            )
        checkpoint.seen_lately = True
        lease = PartitionLease(checkpoint.pk, checkpoint.epoch, timeout, self.database)
        self._lease, self._checkpoint = lease, checkpoint
        self._parking = None
        self._uncommitted, self._hand_place = 0, None
        partition_leases.add(lease)
        return True

    def _gives_back(self, result: BatchResult) -> bool:
        """Say whether the partition is left to whose turn it is."""
        if not self._uncommitted or result in (BatchResult.FAILED, BatchResult.STOPPED):
            return True
        if result is not BatchResult.CAUGHT_UP:
            return False
        if self.subscription.commit != "manual":
            return True
        waited = clock.monotonic() - self._uncommitted_since
        return waited > self.subscription.session_timeout

    def _release(self) -> None:
        """Let others have the partition, from the place that is committed."""
        with self._fenced() as row:
            if self._uncommitted and self.subscription.commit != "manual":
                self._commit()
            row.update(leased_until=None)
        if self._uncommitted:
            logger.warning(
                "%s: %d events were not committed; they are handled again",
                self.subscription.name,
                self._uncommitted,
            )

    def _let_go(self) -> None:
        if self._lease is not None:
            partition_leases.remove(self._lease)
        self._lease = self._checkpoint = self._parking = None
        self._uncommitted = 0

    def _handle(self, event: StoredEvent) -> BaseException | None:
        """Call the function as it is, if the lease is still there."""
        if self._lease is None or not self._lease.is_held():
            raise self._lost_lease()
        if self._passes_over_some and self._passes_over(event):
            return None
        declared = self.subscription
        call = self._call
        if declared.commit == "manual":
            function: Callable[..., Any] = declared.function
            commit: Any = partial(self._commit_by_hand, event)
            if iscoroutinefunction(function):
                commit = sync_to_async(commit, thread_sensitive=True)
            call = EventCaller(partial(function, commit=commit), declared.name)
        try:
            call(event)
        except PartitionLost:
            raise
        except BaseException as error:  # SystemExit must not end the thread unseen
            if is_outage(error, self.database):
                raise
            return error
        return None

    def _commit_by_hand(self, event: StoredEvent) -> None:
        """
        Commit all events up to this one.

        Raise PartitionLost when another worker has the partition.
        """
        checkpoint, place = self._checkpoint, self.subscription.source.place(event)
        self._move(checkpoint, place, 0)
        self._commit()
        self._hand_place = place

    def _commits_after(self, event: StoredEvent) -> bool:
        """See SubscriptionRunner; count what is not committed."""
        if self._hand_place == self.subscription.source.place(event):
            return False
        if not self._uncommitted:
            self._uncommitted_since = clock.monotonic()
        self._uncommitted += 1
        commit = self.subscription.commit
        return commit == "each" or (not isinstance(commit, str) and self._is_due())

    def _is_due(self) -> bool:
        commit = self.subscription.commit
        if commit in ("each", "batch") or not self._uncommitted:
            return True
        if isinstance(commit, str):
            return False
        return clock.monotonic() - self._uncommitted_since >= commit

    def _save(self, checkpoint: Checkpoint, reached: int | None, handled: int) -> None:
        """Note how far the partition has come, and commit it if it is time."""
        self._move(checkpoint, reached, handled)
        if self._is_due():
            self._commit()

    def _commit(self) -> None:
        parking = self._parking
        with self._fenced():
            if parking is not None:
                parking.flush()
            self._checkpoint.save(using=self.database, update_fields=SAVED)
            if parking is not None:
                parking.refresh()
        self._uncommitted = 0

    def _write(self, checkpoint: Checkpoint, *fields: str) -> None:
        """See SubscriptionRunner; refused when the lease is lost."""
        with self._fenced():
            checkpoint.save(using=self.database, update_fields=fields)

    @contextmanager
    def _fenced(self) -> Iterator[QuerySet[Checkpoint]]:
        """Open a transaction that holds the partition by this lease."""
        with self.store.batch():
            lease = self._lease
            rows = Checkpoint.objects.using(self.database)
            found = (
                None
                if lease is None
                else rows.filter(pk=lease.checkpoint, epoch=lease.epoch)
            )
            if found is None or found.select_for_update().first() is None:
                raise self._lost_lease()
            yield rows.filter(pk=self._checkpoint.pk)

    def _settling(self) -> AbstractContextManager[object]:
        return self._fenced()

    def _lost_lease(self) -> PartitionLost:
        if self._lease is not None:
            self._lease.lost = True
        number = getattr(self._checkpoint, "partition", 0)
        return PartitionLost(self.subscription.name, number)

    def _parking_of(self, checkpoint: Any) -> Parking:
        return self._parking or super()._parking_of(checkpoint)

    def _longest_batch(self) -> float:
        return LONGEST_BATCH_SECONDS
