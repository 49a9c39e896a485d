"""How far subscriptions have come, and how far behind they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.models import Checkpoint, Stream, Subscription
from eventstreaming.operations.lags import BOUND, Ahead, measure_ahead
from eventstreaming.operations.partition_samples import next_events
from eventstreaming.operations.partition_status import (
    PartitionStatus,
    age,
    partition_status,
)
from eventstreaming.processing.sources import Source

STUCK_SECONDS = 60.0

_HEAD = {name: name for name in ("id", "state", "kind", "first_offset", "next_offset")}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionStatus:
    """
    One subscription; what counts is its slowest partition.

    `place` is an offset for a stream and a position elsewhere, None before the
    first event. `lag` counts the events ahead, up to 10,000: beyond that
    `lag_is_exact` is False. `behind` is the age in seconds of the next event, 0
    when there is none. `idle` is how many seconds ago it last got on, `alive` how
    many ago a worker last looked at it. Of several partitions, `lag` counts the events
    of that one only, estimated where it is large; `partitions` has each.
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
    alive: float | None = None
    parked_keys: int = 0
    partitions: Sequence[PartitionStatus] = ()

    @property
    def stalled(self) -> float:
        """Return for how many seconds events have waited while it got no further."""
        if not self.lag:
            return 0.0
        return self.behind if self.idle is None else min(self.idle, self.behind)

    @property
    def is_stuck(self) -> bool:
        """Say whether events wait and nothing was handled for a minute."""
        return self.state == "active" and self.stalled > STUCK_SECONDS


def subscription_statuses(
    store: BaseEventStore, using: str, *, fence: int | None = None
) -> list[SubscriptionStatus]:
    """
    Return all subscriptions of a store, by name.

    Two statements, however many subscriptions and partitions there are, and one
    more for the fence where one has several partitions, unless it is given.
    """
    heads = Stream.objects.filter(name=OuterRef("subscription__source"))
    checkpoints: list[Any] = list(
        Checkpoint.objects.using(using)
        .select_related("subscription")
        .annotate(
            head=Subquery(heads.values(head=JSONObject(**_HEAD))[:1]),
            ahead=next_events(),
        )
        .order_by("subscription__name", "partition")
    )
    streams = {
        row.subscription.source: Stream(**row.head) for row in checkpoints if row.head
    }
    by_name: dict[str, list[Any]] = {}
    for checkpoint in checkpoints:
        by_name.setdefault(checkpoint.subscription.name, []).append(checkpoint)
    alone = [rows[0] for rows in by_name.values() if len(rows) == 1]
    ahead = measure_ahead(alone, streams, using=using)
    if fence is None and len(alone) < len(by_name):
        fence = store.fence()
    return [
        _status(rows[0], ahead[rows[0].pk])
        if len(rows) == 1
        else _status_of_group(rows, streams.get(rows[0].subscription.source), fence)
        for rows in by_name.values()
    ]


def _status_of_group(
    rows: list[Any], stream: Stream | None, fence: int | None
) -> SubscriptionStatus:
    end = fence or 0
    if stream is not None and stream.kind == Stream.Kind.SERIAL:
        end = stream.next_offset - 1
    if stream is not None and stream.state == Stream.State.DELETED:
        for row in rows:
            row.ahead = None
    partitions = [partition_status(row, end) for row in rows]
    slowest = max(partitions, key=attrgetter("lag", "behind"))
    known = [item.alive for item in partitions if item.alive is not None]
    errors = [item.error for item in partitions if item.error]
    row = rows[0].subscription
    return SubscriptionStatus(
        name=row.name,
        source=row.source,
        state=Subscription.State(row.state).name.lower(),
        place=slowest.place,
        lag=slowest.lag,
        lag_is_exact=slowest.lag_is_exact,
        behind=max(item.behind for item in partitions),
        idle=slowest.idle,
        attempts=max(item.attempts for item in partitions),
        error=errors[0] if errors else "",
        alive=max(known, default=None),
        parked_keys=sum(item.parked_keys for item in partitions),
        partitions=tuple(partitions),
    )


def _status(row: Checkpoint, ahead: Ahead) -> SubscriptionStatus:
    is_stream = Source.stored(row.subscription.source).is_stream
    return SubscriptionStatus(
        name=row.subscription.name,
        source=row.subscription.source,
        state=Subscription.State(row.subscription.state).name.lower(),
        place=row.offset if is_stream else row.position,
        lag=min(ahead.lag, BOUND),
        lag_is_exact=ahead.lag <= BOUND,
        behind=0.0 if ahead.next_at is None else age(ahead.next_at),
        idle=None if row.progressed_at is None else age(row.progressed_at),
        attempts=row.attempts,
        error=row.error,
        alive=None if row.looked_at is None else age(row.looked_at),
        parked_keys=row.parked_keys,
    )
