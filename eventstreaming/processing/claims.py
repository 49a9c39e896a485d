"""
Which partition a thread works next.

Whoever locks a checkpoint's row works the partition; nobody registers, and a crash
frees it at once. What `owner` and `looked_at` say only makes a worker prefer what it
had, so that shares are steady: a wrong word there costs time, never an event.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from operator import itemgetter
from typing import Any, TypeAlias

from django.db import connections
from django.db.models import (
    BigIntegerField,
    BooleanField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce, Now

from eventstreaming.backends.base_streams import BatchBeginning, BegunBatch
from eventstreaming.backends.reading import Page
from eventstreaming.backends.relational import moment
from eventstreaming.backends.statements import statement
from eventstreaming.models import Checkpoint, ParkedEvent, Subscription
from eventstreaming.processing.parking import DUE, READY
from eventstreaming.processing.partitions import buckets_of

PageAlong: TypeAlias = Callable[[int | None, int | None], Page | None]

LATE = timedelta(seconds=0.5)  # then an owner seems not to come round
QUIET = timedelta(seconds=2)  # how old a sign of life may become
ROBBERY_SECONDS = 1  # how long one waits for the end of another's batch

WAITS = Q(retry_at__isnull=False, retry_at__gt=Now())
# In the order of the model; the first two are known, the others are selected.
OF_SUBSCRIPTION = (
    "id",
    "name",
    "source",
    "partitions",
    "partition_by",
    "wanted_partitions",
    "delivery",
    "state",
)
SEEN_LATELY = Q(looked_at__isnull=False, looked_at__gt=Now() - QUIET)


class Claims:
    """The partitions of one subscription, as one worker sees them."""

    def __init__(
        self,
        name: str,
        *,
        in_stream: bool,
        using: str,
        owner: str,
        leases: bool = False,
        begin: Callable[[float], BatchBeginning] | None = None,
    ) -> None:
        """Take the only partition by what `begin` returns, which reads on as well."""
        self.owner = owner
        # What was read as the last partition was taken.
        self.page: PageAlong | None = None
        self._begin = begin
        self._beginning: BatchBeginning | None = None
        self._row: Any = None
        self._others: list[Any] = []
        self._leases = leases
        self._using = using
        self._name = name
        self._place = "offset" if in_stream else "position"
        self._before_first = -1 if in_stream else 0

    @property
    def gets_ready(self) -> bool:
        """Say whether there is anything to be ready() with."""
        return self._begin is not None and self._is_postgresql

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Have what take_any() executes first, in the transaction of the block."""
        if self._begin is not None:
            self._beginning = self._begin(QUIET.total_seconds())
        try:
            yield
        finally:
            self._beginning = None

    def rows(self) -> QuerySet[Any]:
        """
        Return the partitions: their `place`, `waits` to try again, `seen_lately`.

        One that `is_replaying` has parked events to be tried again, and one that
        `is_due` such whose time has come.
        """
        place = Coalesce(self._place, Value(self._before_first))
        return (
            Checkpoint.objects.using(self._using)
            .select_related("subscription")
            .annotate(
                place=ExpressionWrapper(place, output_field=BigIntegerField()),
                waits=ExpressionWrapper(WAITS, output_field=BooleanField()),
                is_replaying=ExpressionWrapper(
                    _has_parked(READY), output_field=BooleanField()
                ),
                is_due=ExpressionWrapper(_has_parked(DUE), output_field=BooleanField()),
                seen_lately=ExpressionWrapper(SEEN_LATELY, output_field=BooleanField()),
            )
            .filter(subscription__name=self._name)
        )

    def take_any(self, tried: Collection[int], end: int | None) -> Any | None:
        """
        Lock any partition that is free; it is mine until the commit.

        The one that was looked at longest ago comes first. `tried` are passed over,
        and so are those that have come to `end`.
        """
        self.page = None
        beginning, self._beginning = self._beginning, None
        if end is None and beginning is not None:
            return self._begun(beginning())
        if end is None and self._is_postgresql:
            if self._begin is not None:
                return self._begun(self._begin(QUIET.total_seconds())())
            return self._take(tried, mine=False)
        return self._first_unlocked(self._workable(tried, end))

    def take_own(self, tried: Collection[int], end: int | None) -> Any | None:
        """Lock a partition that was mine, or nobody's."""
        if end is None and self._is_postgresql:
            return self._take(tried, mine=True)
        mine = self._workable(tried, end).filter(owner__in=["", self.owner])
        return self._first_unlocked(mine)

    def take_late(self, tried: Collection[int], end: int | None) -> Any | None:
        """Lock a partition whose owner does not come round to it, or is gone."""
        late = Q(looked_at__isnull=True) | Q(looked_at__lt=Now() - LATE)
        return self._first_unlocked(self._workable(tried, end).filter(late))

    def take_from_richest(self, tried: Collection[int], end: int | None) -> Any | None:
        """
        Wait for a partition of the worker that has most, if that has two more.

        So shares become even, though every partition is always at work.
        """
        connection = connections[self._using]
        if connection.vendor != "postgresql":
            return None
        owners = Counter(self.rows().values_list("owner", flat=True))
        mine = owners.pop(self.owner, 0)
        richest, count = max(owners.items(), key=itemgetter(1), default=("", 0))
        if count < mine + 2:
            return None
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{ROBBERY_SECONDS}s'")
            theirs = self._workable(tried, end).filter(owner=richest)
            found = self._first_unlocked(theirs, skip_locked=False)
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
        return found

    @property
    def _is_postgresql(self) -> bool:
        return connections[self._using].vendor == "postgresql"

    def _take(self, tried: Collection[int], *, mine: bool) -> Any | None:
        """Do in one statement, as it stands, what a batch begins with."""
        with connections[self._using].cursor() as cursor:
            cursor.execute(
                _take_statement(self._place),
                {
                    "name": self._name,
                    "before_first": self._before_first,
                    "leases": self._leases,
                    "quiet": QUIET.total_seconds(),
                    "tried": list(tried),
                    "mine": mine,
                    "owner": self.owner,
                },
            )
            row = cursor.fetchone()
        if row is None:
            return None
        width = len(_checkpoint_columns())
        return self._checkpoint(row[:width], row[width:])

    def _begun(self, batch: BegunBatch | None) -> Any | None:
        if batch is None:
            return None
        columns, *others = batch.taken
        for name in _checkpoint_times():
            if columns[name] is not None:
                columns[name] = moment(columns[name])
        checkpoint = self._row
        if checkpoint is None or checkpoint.pk != columns["id"]:
            values = [columns[name] for name in _checkpoint_columns()]
            checkpoint = self._row = self._checkpoint(values, others)
        else:  # each batch has all values anew, and a model takes its time
            vars(checkpoint).update(columns)
            checkpoint.seen_lately = others[-1]
            if others[:-1] != self._others[:-1]:
                checkpoint.subscription = self._subscription_of(checkpoint, others)
        self._others = others
        if buckets_of(checkpoint) is None:
            self.page = batch.page
        return checkpoint

    def _checkpoint(self, own: Sequence[Any], others: Sequence[Any]) -> Any:
        names = _checkpoint_columns()
        checkpoint: Any = Checkpoint.from_db(self._using, names, own)
        checkpoint.seen_lately = others[-1]
        checkpoint.subscription = self._subscription_of(checkpoint, others)
        return checkpoint

    def _subscription_of(self, checkpoint: Any, others: Sequence[Any]) -> Subscription:
        values = (checkpoint.subscription_id, self._name, *others[:-1])
        return Subscription.from_db(self._using, OF_SUBSCRIPTION, values)

    def _workable(self, tried: Collection[int], end: int | None) -> QuerySet[Any]:
        rows = self.rows().filter(
            Q(barrier__isnull=True) | Q(place__lt=F("barrier")),
            Q(retry_at__isnull=True) | Q(retry_at__lte=Now()),
            subscription__state=Subscription.State.ACTIVE,
        )
        if self._leases:
            rows = rows.filter(
                Q(leased_until__isnull=True) | Q(leased_until__lte=Now())
            )
        if tried:
            rows = rows.exclude(pk__in=list(tried))
        if end is not None:
            rows = rows.filter(Q(place__lt=end) | _has_parked(DUE))
        return rows

    def _first_unlocked(
        self, rows: QuerySet[Any], *, skip_locked: bool = True
    ) -> Any | None:
        return (
            rows.select_for_update(skip_locked=skip_locked, of=("self",))
            .order_by(F("looked_at").asc(nulls_first=True), "partition")
            .first()
        )


@cache
def _take_statement(place: str) -> str:
    columns = ", ".join(f'c."{name}"' for name in _checkpoint_columns())
    return statement("take_partition").format(columns=columns, place=f'"{place}"')


@cache
def _checkpoint_columns() -> list[str]:
    return [field.attname for field in Checkpoint._meta.concrete_fields]


@cache
def _checkpoint_times() -> list[str]:
    fields = Checkpoint._meta.concrete_fields
    return [field.attname for field in fields if isinstance(field, DateTimeField)]


def _has_parked(which: Q) -> Q:
    """Say whether a partition has such parked events, at the head of a key."""
    heads = ParkedEvent.objects.filter(
        which,
        subscription=OuterRef("subscription"),
        bucket__gte=OuterRef("first_bucket"),
        bucket__lte=OuterRef("last_bucket"),
        state__gt=ParkedEvent.State.BEHIND,
    )
    return Q(parked_keys__gt=0) & Q(Exists(heads))
