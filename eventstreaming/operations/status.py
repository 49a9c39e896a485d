"""
The state of a store at a glance: one answer for commands, pages and monitors.

Nothing is counted row by row: streams answer from their heads, lags and queues
count up to a bound.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.fences import FenceStatus
from eventstreaming.events import arguments
from eventstreaming.events.patterns import name_or_pattern
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import Stream
from eventstreaming.operations.named import named
from eventstreaming.operations.queue_names import queue_names
from eventstreaming.operations.saga_status import SagaCounts, saga_counts
from eventstreaming.operations.scheduling import ScheduleStatus, schedule_statuses
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


def store_status(
    names: Collection[str] = (), *, limit: int = 50, store: str = DEFAULT_ALIAS
) -> StoreStatus:
    """
    Return what there is in a store: the fence, streams, queues and all that runs.

    `names` are streams and patterns (default: all), of which the first `limit`
    by name are shown. Raise UnsupportedOperation for a store in no database.
    """
    places = [name_or_pattern(name, "names") for name in names]
    limit = arguments.integer(limit, "limit", 0, 10_000)
    asked = event_stores[store]
    if asked.database is None:
        raise UnsupportedOperation(f"{type(asked).__name__} has no status")
    streams = Stream.objects.using(asked.database).filter(named(places))
    found = list(streams.order_by("name").values_list("name", flat=True)[: limit + 1])
    return StoreStatus(
        store=store,
        fence=asked.fence_status(),
        streams=[asked.stream_info(name) for name in found[:limit]],
        more_streams=len(found) > limit,
        subscriptions=subscription_statuses(asked, asked.database),
        queues=[asked.queue_info(name) for name in queue_names(store)],
        schedules=schedule_statuses(asked.database),
        sagas=saga_counts(store, asked.database),
        workers=worker_statuses(asked.database),
    )


def store_subscriptions(store: str = DEFAULT_ALIAS) -> list[SubscriptionStatus]:
    """Return the subscriptions of a store; see store_status()."""
    asked = event_stores[store]
    if asked.database is None:
        raise UnsupportedOperation(f"{type(asked).__name__} keeps no checkpoints")
    return subscription_statuses(asked, asked.database)
