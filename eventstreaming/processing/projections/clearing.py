"""Emptying a read model and letting its projection begin again, in place."""

from typing import Any

from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Coalesce, Greatest

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import Checkpoint, ParkedEvent, Subscription
from eventstreaming.processing.projections.running import ProjectionRunner
from eventstreaming.processing.projections.tables import models_of
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.resizing import lock_partitions
from eventstreaming.processing.source_places import bounds_of
from eventstreaming.processing.sources import Source


class InPlace:
    """A read model that is made anew where it is."""

    def __init__(
        self, declared: EventSubscription, store: BaseEventStore, using: str
    ) -> None:
        self.runner = ProjectionRunner(declared)
        self._store = store
        self._using = using
        self._source = declared.source
        self._place = "offset" if declared.source.is_stream else "position"
        self._row = Subscription.objects.using(using).get(name=declared.name)

    def is_going_on(self) -> bool:
        """Say whether it was begun before, and is not finished."""
        return self.left() > 0

    def begin(self) -> None:
        """
        Empty the read model and go back to the beginning, in one transaction.

        It waits for the batches that run. How far each partition had come is kept,
        so that whoever works it knows which events are handled anew. What was parked
        is forgotten, as it will be met again; a stopped subscription goes on.
        """
        with self._store.batch():
            partitions = lock_partitions(self._row, self._using)
            if any(partition.barrier is not None for partition in partitions):
                raise UnsupportedOperation(
                    f"subscription {self._row.name!r}: its number of partitions is "
                    "changing; rebuild it when that is done"
                )
            for model in models_of(self.runner.projection, self._using):
                model._base_manager.using(self._using).all()._raw_delete(self._using)
            parked = ParkedEvent.objects.using(self._using)
            parked.filter(subscription=self._row).delete()
            self._go_back()
            self._row.state = Subscription.State.ACTIVE
            self._row.save(using=self._using, update_fields=["state"])

    def follow(self) -> None:
        """Do nothing: what is new is handled by workers as ever."""

    def left(self) -> int:
        """Return how many places it still has to come, to where it was before."""
        before = self._source.before_first
        pairs = self._partitions().values_list("rebuild_until", self._place)
        return sum(
            max(0, until - (before if place is None else place))
            for until, place in pairs
            if until is not None
        )

    def handled(self) -> int:
        """Return how many events were handled so far, and before it began."""
        return sum(self._partitions().values_list("handled", flat=True))

    def problem(self) -> str:
        """Return what has stopped it."""
        return problem_of(self._row, self._using)

    def exchange(self) -> bool:
        """Say whether it is done."""
        return self.left() == 0

    def _go_back(self) -> None:
        before = Value(self._source.before_first, output_field=BigIntegerField())
        reached = Coalesce(F(self._place), before)
        self._partitions().update(
            rebuild_until=Greatest(reached, Coalesce(F("rebuild_until"), reached)),
            **{self._place: place_before_history(self._source, self._store)},
            parked_keys=0,
            attempts=0,
            error="",
            retry_at=None,
            epoch=F("epoch") + 1,
        )

    def _partitions(self) -> Any:
        return Checkpoint.objects.using(self._using).filter(subscription=self._row)


def problem_of(row: Subscription | None, using: str) -> str:
    """Return why a subscription has stopped, by the errors of its partitions."""
    rows = Checkpoint.objects.using(using).filter(subscription=row).exclude(error="")
    errors = list(rows.values_list("error", flat=True)[:1])
    return f"stopped: {errors[0].strip()}" if errors else "stopped"


def place_before_history(source: Source, store: BaseEventStore) -> int | None:
    """Return the place before the first event that is still kept, None for none."""
    first, _ = bounds_of(store, source)
    return first - 1 if first - 1 > source.before_first else None
