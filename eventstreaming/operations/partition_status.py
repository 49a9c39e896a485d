"""How far each partition of a subscription has come, without counting what is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.timezone import is_naive, make_aware

from eventstreaming import clock
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.reading import BucketRange
from eventstreaming.events.envelopes import BUCKETS
from eventstreaming.exceptions import StreamDeleted
from eventstreaming.models import Checkpoint, Event, Subscription
from eventstreaming.processing.sources import Source, SourceKind

SAMPLE = 1_000  # events that are looked at for one partition


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionStatus:
    """
    One partition.

    `lag` is the number of its events ahead: exact when they are among the next
    1,000 of the source, else estimated from these. `behind` is the age in seconds of
    the first of them, 0 without one. `idle` is how many seconds ago it last got on,
    `alive` how many ago a worker last looked at it.
    """

    partition: int
    place: int | None
    lag: int
    lag_is_exact: bool
    behind: float
    idle: float | None
    alive: float | None
    owner: str
    parked_keys: int
    attempts: int
    error: str


def partition_statuses(
    store: BaseEventStore, checkpoints: Sequence[Checkpoint], using: str
) -> list[PartitionStatus]:
    """Return the partitions of one subscription; their rows know it."""
    if not checkpoints:
        return []
    source = Source.parse(checkpoints[0].subscription.source)
    try:
        end = source.end(store)
    except StreamDeleted:
        end = source.before_first
    return [_status(row, source, end, using) for row in checkpoints]


def age(moment: datetime) -> float:
    """Return the seconds since then, by this machine's clock."""
    moment = make_aware(moment) if is_naive(moment) else moment
    return max(0.0, (clock.now() - moment).total_seconds())


def _status(row: Checkpoint, source: Source, end: int, using: str) -> PartitionStatus:
    place = row.offset if source.is_stream else row.position
    lag, exact, behind = _lag(row, source, place, end, using)
    return PartitionStatus(
        partition=row.partition,
        place=place,
        lag=lag,
        lag_is_exact=exact,
        behind=behind,
        idle=None if row.progressed_at is None else age(row.progressed_at),
        alive=None if row.looked_at is None else age(row.looked_at),
        owner=row.owner,
        parked_keys=row.parked_keys,
        attempts=row.attempts,
        error=row.error,
    )


def _lag(
    row: Checkpoint, source: Source, place: int | None, end: int, using: str
) -> tuple[int, bool, float]:
    """Look at the next events of the source, and tell the partition's share."""
    after = source.before_first if place is None else place
    if after >= end:
        return 0, True, 0.0
    where = "offset" if source.is_stream else "position"
    ahead = _events(source, using).filter(**{f"{where}__range": (after + 1, end)})
    shared_by: Any = F("bucket")
    if row.subscription.partition_by == Subscription.PartitionBy.EVENT:
        shared_by = (F("position") * BucketRange.FACTOR).bitand(BUCKETS - 1)
    sample: list[tuple[int, int, datetime]] = list(
        ahead.order_by(where)
        .annotate(shared_by=shared_by)
        .values_list(where, "shared_by", "timestamp")[: SAMPLE + 1]
    )
    own = [
        at for _, bucket, at in sample if row.first_bucket <= bucket <= row.last_bucket
    ]
    if len(sample) <= SAMPLE:
        return len(own), True, age(own[0]) if own else 0.0
    first, last = sample[0][0], sample[-1][0]
    estimate = round((end - first + 1) / (last - first + 1) * len(own))
    return estimate, False, age(own[0] if own else sample[0][2])


def _events(source: Source, using: str) -> QuerySet[Any]:
    events = Event.objects.using(using)
    if source.kind is SourceKind.STREAM:
        return events.filter(stream__name=source.name)
    if source.kind is SourceKind.CATEGORY:
        return events.filter(category=source.name)
    return events.all()
