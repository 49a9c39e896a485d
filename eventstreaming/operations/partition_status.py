"""How far each partition of a subscription has come, without counting what is left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import is_naive, make_aware

from eventstreaming import clock
from eventstreaming.operations.partition_samples import SAMPLE, Sample
from eventstreaming.processing.sources import Source


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


def partition_status(row: Any, end: int) -> PartitionStatus:
    """
    Return one partition of several. `end` is the last place of the source.

    The row of the checkpoint has what `next_events()` found as `ahead`.
    """
    is_stream = Source.stored(row.subscription.source).is_stream
    lag, exact, behind = _lag(Sample.read(row.ahead), end)
    return PartitionStatus(
        partition=row.partition,
        place=row.offset if is_stream else row.position,
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


def age(moment: datetime) -> float:
    """Return the seconds since then, by this machine's clock."""
    moment = make_aware(moment) if is_naive(moment) else moment
    return max(0.0, (clock.now() - moment).total_seconds())


def _lag(sample: Sample, end: int) -> tuple[int, bool, float]:
    """Tell the partition's share of what is ahead, and the age of its next event."""
    if sample.seen <= SAMPLE:
        return sample.own, True, age(sample.own_at) if sample.own_at else 0.0
    first, last = sample.first or 0, sample.last or 0
    estimate = round((end - first + 1) / (last - first + 1) * sample.own)
    next_at = sample.own_at or sample.first_at
    return max(estimate, sample.own), False, age(next_at) if next_at else 0.0
