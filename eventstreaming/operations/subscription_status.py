"""How far subscriptions have come, and how far behind they are."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import is_naive, make_aware

from eventstreaming import clock
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import EventsTruncated, StreamDeleted
from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.operations.lags import BOUND, measure_lags
from eventstreaming.processing.source_places import read_source
from eventstreaming.processing.sources import Source
from eventstreaming.types import StoredEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionStatus:
    """
    One subscription; what counts is its slowest partition.

    `place` is an offset for a stream and a position elsewhere, None before the
    first event. `lag` counts the events ahead, up to 10,000: beyond that
    `lag_is_exact` is False. `behind` is the age in seconds of the next event, 0
    when there is none. `idle` is how many seconds ago it last got on.
    """

    name: str
    source: str
    state: str
    place: int | None
    lag: int
    lag_is_exact: bool
    behind: float
    idle: float | None
    attempts: int
    error: str


def subscription_statuses(
    store: BaseEventStore, using: str
) -> list[SubscriptionStatus]:
    """Return all subscriptions of a store, by name."""
    checkpoints = list(
        Checkpoint.objects.using(using)
        .select_related("subscription")
        .order_by("subscription__name", "partition")
    )
    lags = measure_lags(checkpoints, using=using)
    slowest: dict[str, Checkpoint] = {}
    for checkpoint in checkpoints:
        name = checkpoint.subscription.name
        if name not in slowest or lags[checkpoint.pk] > lags[slowest[name].pk]:
            slowest[name] = checkpoint
    return [_status(store, row, lags[row.pk]) for row in slowest.values()]


def _status(store: BaseEventStore, row: Checkpoint, lag: int) -> SubscriptionStatus:
    source = Source.parse(row.subscription.source)
    place = row.offset if source.is_stream else row.position
    following = _next_event(store, source, place)
    return SubscriptionStatus(
        name=row.subscription.name,
        source=row.subscription.source,
        state=Subscription.State(row.subscription.state).name.lower(),
        place=place,
        lag=min(lag, BOUND),
        lag_is_exact=lag <= BOUND,
        behind=0.0 if following is None else _age(following.timestamp),
        idle=None if row.progressed_at is None else _age(row.progressed_at),
        attempts=row.attempts,
        error=row.error,
    )


def _next_event(
    store: BaseEventStore, source: Source, place: int | None
) -> StoredEvent | None:
    start = None if place is None else place + 1
    try:
        return next(read_source(store, source, start, limit=1), None)
    except EventsTruncated:
        return next(read_source(store, source, None, limit=1), None)
    except StreamDeleted:
        return None


def _age(moment: datetime) -> float:
    """Return the seconds since then, by this machine's clock."""
    moment = make_aware(moment) if is_naive(moment) else moment
    return max(0.0, (clock.now() - moment).total_seconds())
