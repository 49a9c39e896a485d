"""
A Prometheus collector: what `eventstatus` shows, as gauges, at each scrape.

Needs the extra `prometheus`. Queues, subscriptions and sagas are labels; streams and
keys, of which there may be millions, are not.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Final

from django.db import DatabaseError
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from eventstreaming.backends import event_stores
from eventstreaming.operations.queue_activity import QueueHour
from eventstreaming.operations.saga_status import SHOWN
from eventstreaming.operations.status import StoreStatus, store_status

logger = logging.getLogger("eventstreaming")

PREFIX = "eventstreaming_"
QUEUE_STATES = ("ready", "in_flight", "delayed", "blocked")

# By name: what it is, and the labels beside that of the store.
GAUGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "up": ("1 when the store's database answered, else 0.", ()),
    "last_position": ("The position of the last event.", ()),
    "fence_lag_positions": ("Positions that open appends hold readers back by.", ()),
    "fence_held_seconds": ("Age of the oldest transaction that holds them back.", ()),
    "queue_messages": ("Messages, counted up to a bound.", ("queue", "state")),
    "queue_dead_letters": ("Dead letters, counted up to a bound.", ("queue",)),
    "queue_oldest_age_seconds": ("Wait of the oldest ready message.", ("queue",)),
    "queue_in_rate": ("Messages enqueued in a second, of 5 minutes.", ("queue",)),
    "queue_out_rate": ("Messages done in a second, of 5 minutes.", ("queue",)),
    "queue_failure_ratio": ("Share of failed attempts in an hour.", ("queue",)),
    "queue_wait_seconds": ("From enqueue to begin, of an hour.", ("queue", "quantile")),
    "queue_run_seconds": ("How long handlers ran, of an hour.", ("queue", "quantile")),
    "subscription_lag_events": ("Events ahead, up to a bound.", ("subscription",)),
    "subscription_behind_seconds": ("Age of the next event.", ("subscription",)),
    "subscription_stalled_seconds": (
        "Since when events wait and it got no further.",
        ("subscription",),
    ),
    "subscription_parked_keys": ("Keys set aside.", ("subscription",)),
    "subscription_active": ("0 when it has been stopped, else 1.", ("subscription",)),
    "sagas": ("Sagas that have not come to their end.", ("saga", "state")),
    "workers": ("Worker processes; silent: no heartbeat.", ("state",)),
    "workers_in_flight": ("Messages that workers hold.", ()),
}


class EventStreamingCollector(Collector):
    """
    Asks the stores at each scrape; one that does not answer has `up` 0 and no more.

    `stores` are aliases; without any, all stores that are in a database. It costs
    what `eventstatus` costs, however much history there is.
    """

    def __init__(self, *stores: str) -> None:
        self._stores = stores

    def describe(self) -> list[GaugeMetricFamily]:
        """Return the gauges without values: registering asks no database."""
        return list(_Gauges().families.values())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges of all stores."""
        gauges = _Gauges()
        for alias in self._stores or _in_databases():
            try:
                status = store_status(limit=0, store=alias)
            except DatabaseError:
                logger.warning("%s: no metrics", alias, exc_info=True)
                gauges.add("up", 0, alias)
                continue
            gauges.add("up", 1, alias)
            _add_status(gauges, alias, status)
            for hour in status.activity:
                _add_hour(gauges, alias, hour)
        yield from gauges.families.values()


def _in_databases() -> list[str]:
    aliases = list(event_stores.settings)
    return [alias for alias in aliases if event_stores[alias].database is not None]


class _Gauges:
    """The gauges of one scrape."""

    def __init__(self) -> None:
        self.families = {
            name: GaugeMetricFamily(PREFIX + name, text, labels=("store", *labels))
            for name, (text, labels) in GAUGES.items()
        }

    def add(self, name: str, value: float | None, *labels: str) -> None:
        """Add a value, if there is one; the first label is the store."""
        if value is not None:
            self.families[name].add_metric(labels, value)


def _add_status(gauges: _Gauges, store: str, status: StoreStatus) -> None:
    held = [holder.seconds or 0.0 for holder in status.fence.holders]
    gauges.add("last_position", status.fence.last_position, store)
    gauges.add("fence_lag_positions", status.fence.lag, store)
    gauges.add("fence_held_seconds", max(held, default=0.0), store)
    for queue in status.queues:
        name = queue.stream_name
        for state in QUEUE_STATES:
            gauges.add("queue_messages", getattr(queue, state), store, name, state)
        gauges.add("queue_dead_letters", queue.dead, store, name)
        gauges.add("queue_oldest_age_seconds", queue.oldest_age or 0.0, store, name)
    for item in status.subscriptions:
        gauges.add("subscription_lag_events", item.lag, store, item.name)
        gauges.add("subscription_behind_seconds", item.behind, store, item.name)
        gauges.add("subscription_stalled_seconds", item.stalled, store, item.name)
        gauges.add("subscription_parked_keys", item.parked_keys, store, item.name)
        gauges.add("subscription_active", item.state == "active", store, item.name)
    for saga in status.sagas:
        for state in SHOWN:
            gauges.add("sagas", getattr(saga, state), store, saga.name, state)
    silent = sum(worker.silent for worker in status.workers)
    gauges.add("workers", len(status.workers) - silent, store, "alive")
    gauges.add("workers", silent, store, "silent")
    in_flight = sum(worker.in_flight for worker in status.workers if not worker.silent)
    gauges.add("workers_in_flight", in_flight, store)


def _add_hour(gauges: _Gauges, store: str, hour: QueueHour) -> None:
    name = hour.queue
    gauges.add("queue_in_rate", hour.rate_in, store, name)
    gauges.add("queue_out_rate", hour.rate_out, store, name)
    gauges.add("queue_failure_ratio", hour.failure_rate, store, name)
    gauges.add("queue_wait_seconds", hour.wait_p50, store, name, "0.5")
    gauges.add("queue_wait_seconds", hour.wait_p95, store, name, "0.95")
    gauges.add("queue_run_seconds", hour.run_p50, store, name, "0.5")
    gauges.add("queue_run_seconds", hour.run_p95, store, name, "0.95")
