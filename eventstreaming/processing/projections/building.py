"""
Building a read model beside the one that is served, and exchanging them.

The second one has a subscription of its own, with a checkpoint for each partition
of the first, and never gets ahead of it: an event counts as handled, with all that
follows outside the database, when the first one has handled it.
"""

from dataclasses import replace
from functools import cached_property
from typing import Any

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.identity import worker_id
from eventstreaming.models import Checkpoint, ParkedEvent, Subscription
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.choosing import Chooser
from eventstreaming.processing.claims import Claims
from eventstreaming.processing.projections.clearing import (
    place_before_history,
    problem_of,
)
from eventstreaming.processing.projections.declaring import Projection
from eventstreaming.processing.projections.exceptions import (
    RebuildFailed,
)
from eventstreaming.processing.projections.running import ProjectionRunner
from eventstreaming.processing.projections.shadow import Shadow
from eventstreaming.processing.projections.tables import tables_of
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.resizing import lock_partitions
from eventstreaming.types import StoredEvent


def shadow_name(name: str) -> str:
    """Return the subscription's name; no other one can have it, for its `~`."""
    return f"{name}~rebuild"


class ShadowRunner(ProjectionRunner):
    """Fills the second set of tables; any number of processes may have one."""

    def __init__(self, subscription: EventSubscription, shadow: Shadow) -> None:
        name = shadow_name(subscription.name)
        super().__init__(replace(subscription, name=name))
        self._shadow = shadow

    @cached_property
    def chooser(self) -> Chooser:
        """Return what takes any partition that is free."""
        in_stream = self.subscription.source.is_stream
        claims = Claims(
            self.subscription.name,
            in_stream=in_stream,
            using=self.database,
            owner=worker_id(),
        )
        return Chooser(claims, alone=True)

    def _turn(self, tried: list[int]) -> tuple[Any | None, BatchResult]:
        with self.store.batch(), self._shadow.entered():
            return super()._turn(tried)

    def _is_handled_anew(self, event: StoredEvent) -> bool:
        return True


class Building:
    """A read model that is being built beside the one that is served."""

    def __init__(
        self, declared: EventSubscription, store: BaseEventStore, using: str
    ) -> None:
        function: Any = declared.function
        self.projection: Projection = function
        self._store = store
        self._using = using
        self._source = declared.source
        self._place = "offset" if declared.source.is_stream else "position"
        self._live = Subscription.objects.using(using).get(name=declared.name)
        self._shadow = Shadow(self._live.pk, using)
        self.runner = ShadowRunner(declared, self._shadow)
        self._handled = 0

    def is_going_on(self) -> bool:
        """Say whether something is being built, or was left unfinished."""
        return self._row() is not None

    def begin(self) -> None:
        """Make tables and checkpoints, in place of those of an earlier attempt."""
        tables = tables_of(self.projection, self._using)
        with self._store.batch():
            partitions = lock_partitions(self._live, self._using)
            self._forget()
            self._shadow.create(tables)
            row = Subscription.objects.using(self._using).create(
                name=shadow_name(self._live.name),
                source=self._live.source,
                event_types=self._live.event_types,
                partitions=len(partitions),
                partition_by=self._live.partition_by,
            )
            Checkpoint.objects.using(self._using).bulk_create(
                Checkpoint(
                    subscription=row,
                    partition=one.partition,
                    first_bucket=one.first_bucket,
                    last_bucket=one.last_bucket,
                    barrier=self._reached(one),
                    **{self._place: place_before_history(self._source, self._store)},
                )
                for one in partitions
            )

    def abandon(self) -> None:
        """Remove tables and checkpoints; what is served stays as it is."""
        with self._store.batch():
            self._forget()

    def follow(self) -> None:
        """Let the second one come as far as the first has come by now."""
        self._raise_barriers(list(self._partitions(self._live)))

    def left(self) -> int:
        """Return how many places it still has to come."""
        row = self._row()
        return 0 if row is None else self._left(row)

    def problem(self) -> str:
        """Return what has stopped it."""
        return problem_of(self._row(), self._using)

    def handled(self) -> int:
        """Return how many events were handled so far."""
        row = self._row()
        if row is not None:
            self._handled = sum(self._partitions(row).values_list("handled", flat=True))
        return self._handled

    def exchange(self) -> bool:
        """
        Let what was built be served, in one transaction; say whether it was done.

        The first one waits meanwhile, so the second catches up with all that it has
        handled. It is not done when an event has to be tried again first.
        """
        try:
            with self._store.batch():
                self._exchange()
        except _NotYet:
            return False
        return True

    def _exchange(self) -> None:
        row = self._row()
        if row is None:
            raise RebuildFailed(self._live.name, "somebody else has ended the rebuild")
        partitions = lock_partitions(self._live, self._using)
        lock_partitions(row, self._using)
        self._raise_barriers(partitions)
        while self._left(row):
            if self.runner.run_batch() is not BatchResult.PROGRESSED:
                raise _NotYet
        self.handled()
        self._shadow.merge(tables_of(self.projection, self._using))
        parked = ParkedEvent.objects.using(self._using)
        parked.filter(subscription=self._live).delete()
        parked.filter(subscription=row).update(subscription=self._live)
        for one in self._partitions(row):
            mine = self._partitions(self._live).filter(partition=one.partition)
            mine.update(parked_keys=one.parked_keys, rebuild_until=None)
        self._forget()

    def _raise_barriers(self, partitions: list[Checkpoint]) -> None:
        row = self._row()
        if row is None:
            return
        built = {
            (one.first_bucket, one.last_bucket): one for one in self._partitions(row)
        }
        if built.keys() != {(one.first_bucket, one.last_bucket) for one in partitions}:
            raise RebuildFailed(
                self._live.name, "its partitions have changed meanwhile; begin anew"
            )
        for one in partitions:
            mine = built[one.first_bucket, one.last_bucket]
            reached = self._reached(one)
            if reached < self._reached(mine):
                raise RebuildFailed(
                    self._live.name, "it was moved back meanwhile; begin anew"
                )
            if reached != mine.barrier:
                self._partitions(row).filter(pk=mine.pk).update(barrier=reached)

    def _left(self, row: Subscription) -> int:
        return sum(
            max(0, (one.barrier or 0) - self._reached(one))
            for one in self._partitions(row)
        )

    def _forget(self) -> None:
        self._shadow.drop()
        row = self._row()
        if row is not None:
            lock_partitions(row, self._using)
            row.delete(using=self._using)

    def _row(self) -> Subscription | None:
        rows = Subscription.objects.using(self._using)
        return rows.filter(name=shadow_name(self._live.name)).first()

    def _partitions(self, row: Subscription) -> Any:
        return Checkpoint.objects.using(self._using).filter(subscription=row)

    def _reached(self, one: Checkpoint) -> int:
        place = one.offset if self._source.is_stream else one.position
        return self._source.before_first if place is None else place


class _NotYet(Exception):
    """An event has to be tried again before the two can be exchanged."""
