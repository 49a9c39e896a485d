"""
The state of a store at a glance: one answer for commands, pages and monitors.

Nothing is counted row by row: streams answer from their heads, lags and queues
count up to a bound.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, fields

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.fences import FenceStatus
from eventstreaming.events import arguments
from eventstreaming.events.patterns import name_or_pattern
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import Stream
from eventstreaming.operations import redaction
from eventstreaming.operations.named import named
from eventstreaming.operations.queue_activity import QueueHour, queue_hours
from eventstreaming.operations.queue_names import queue_names
from eventstreaming.operations.saga_status import SagaCounts, saga_counts
from eventstreaming.operations.scheduling import ScheduleStatus, schedule_statuses
from eventstreaming.operations.stream_growth import StreamGrowth, stream_growth
from eventstreaming.operations.subscription_status import (
    SubscriptionStatus,
    subscription_statuses,
)
from eventstreaming.operations.worker_status import WorkerStatus, worker_statuses
from eventstreaming.types import QueueInfo, StreamInfo


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """
    What `store_status()` found.

    `more_streams` says that there are others behind the last one of `streams`.
    """

    store: str
    fence: FenceStatus
    streams: list[StreamInfo]
    more_streams: bool
    subscriptions: list[SubscriptionStatus]
    queues: list[QueueInfo]
    schedules: list[ScheduleStatus] = field(default_factory=list)
    sagas: list[SagaCounts] = field(default_factory=list)
    workers: list[WorkerStatus] = field(default_factory=list)
    growth: list[StreamGrowth] = field(default_factory=list)
    activity: list[QueueHour] = field(default_factory=list)


PARTS = frozenset(field.name for field in fields(StoreStatus)) - {"store", "fence"}


def store_status(
    names: Collection[str] = (),
    *,
    limit: int = 50,
    parts: Collection[str] = PARTS,
    store: str = DEFAULT_ALIAS,
) -> StoreStatus:
    """
    Return what there is in a store: the fence, streams, queues and all that runs.

    `names` are streams and patterns (default: all), of which the first `limit`
    by name are shown. `parts` are the fields that are wanted, the others stay empty.
    Where a redaction is set, statements are left out: nothing tells what to hide in them.
    With `activity`, queues that workers have emptied in the last hour are among `queues`.
    What it costs in statements does not grow with streams, queues, subscriptions and
    partitions. Raise UnsupportedOperation for a store in no database.
    """
    places = [name_or_pattern(name, "names") for name in names]
    limit = arguments.integer(limit, "limit", 0, 10_000)
    asked = event_stores[store]
    if asked.database is None:
        raise UnsupportedOperation(f"{type(asked).__name__} has no status")
    using = asked.database
    found = _stream_names(places, limit, using) if "streams" in parts else []
    fence = asked.fence_status()
    if redaction.is_set():
        fence = fence.without_statements()
    hours = queue_hours(using) if "activity" in parts else {}
    return StoreStatus(
        store=store,
        fence=fence,
        streams=asked.stream_infos(found[:limit]),
        more_streams=len(found) > limit,
        subscriptions=(
            subscription_statuses(asked, using, fence=fence.fence)
            if "subscriptions" in parts
            else []
        ),
        queues=(
            asked.queue_infos(sorted({*queue_names(store), *hours}))
            if "queues" in parts
            else []
        ),
        schedules=schedule_statuses(using) if "schedules" in parts else [],
        sagas=saga_counts(store, using) if "sagas" in parts else [],
        workers=worker_statuses(using) if "workers" in parts else [],
        growth=stream_growth(using) if "growth" in parts else [],
        activity=list(hours.values()),
    )


def _stream_names(places: list[str], limit: int, using: str) -> list[str]:
    """Return one name more than the limit, which tells that there are more."""
    streams = Stream.objects.using(using).filter(named(places)).order_by("name")
    return list(streams.values_list("name", flat=True)[: limit + 1])


def store_subscriptions(store: str = DEFAULT_ALIAS) -> list[SubscriptionStatus]:
    """Return the subscriptions of a store; see store_status()."""
    asked = event_stores[store]
    if asked.database is None:
        raise UnsupportedOperation(f"{type(asked).__name__} keeps no checkpoints")
    return subscription_statuses(asked, asked.database)
