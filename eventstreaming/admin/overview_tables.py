"""The tables of the overview, from the one status that commands and HTTP show."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.charts import bars
from eventstreaming.admin.formats import duration, list_link
from eventstreaming.models import (
    DeadLetter,
    Event,
    Message,
    ParkedEvent,
    Subscription,
    WorkerHeartbeat,
)
from eventstreaming.operations.queue_activity import QueueHour
from eventstreaming.operations.status import StoreStatus
from eventstreaming.operations.stream_growth import StreamGrowth
from eventstreaming.operations.subscription_status import SubscriptionStatus
from eventstreaming.operations.worker_status import WorkerStatus
from eventstreaming.types import QueueInfo

Text = str | Promise
SHOWN = 10  # streams


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page; `empty` says what to do when it has no rows."""

    key: str
    title: Text
    columns: Sequence[Text]
    rows: Sequence[Sequence[str]]
    empty: Text


def tables(model_admin: Any, status: StoreStatus) -> list[Table]:
    """Return all tables of the page, in their order."""
    hours = {hour.queue: hour for hour in status.activity}
    return [
        _table(_QUEUES, model_admin, ((q, hours) for q in status.queues)),
        _table(_SUBSCRIPTIONS, model_admin, ((s,) for s in status.subscriptions)),
        _table(_STREAMS, model_admin, ((g,) for g in status.growth[:SHOWN])),
        _table(_WORKERS, model_admin, ((w,) for w in status.workers)),
    ]


@dataclass(frozen=True, slots=True)
class _Plan:
    key: str
    title: Text
    columns: Sequence[Text]
    row: Callable[..., Sequence[str]]
    empty: Text


def _table(plan: _Plan, model_admin: Any, items: Iterable[tuple[Any, ...]]) -> Table:
    rows = [plan.row(model_admin, *item) for item in items]
    return Table(plan.key, plan.title, plan.columns, rows, plan.empty)


def _queue(admin: Any, info: QueueInfo, hours: dict[str, QueueHour]) -> list[str]:
    name = info.stream_name
    hour = hours.get(name) or QueueHour(name)
    done = sum(hour.minutes)
    label = gettext("%(count)s messages done in the last hour") % {"count": f"{done:,}"}
    failed = f"{hour.failure_rate:.1%}"
    return [
        list_link(admin, Message, name, queue=name),
        bars(hour.minutes, label),
        _count(info, "ready"),
        _count(info, "in_flight"),
        _count(info, "delayed"),
        _count(info, "blocked"),
        list_link(admin, DeadLetter, _count(info, "dead"), queue=name)
        if info.dead
        else "0",
        duration(info.oldest_age),
        f"{hour.rate_in:,.1f} / {hour.rate_out:,.1f}",
        _pair(hour.wait_p50, hour.wait_p95),
        _pair(hour.run_p50, hour.run_p95),
        _alarming(failed) if hour.failure_rate else failed,
    ]


def _count(info: QueueInfo, state: str) -> str:
    count: int = getattr(info, state)
    return f"~{count:,}" if state in info.estimated else f"{count:,}"


def _pair(median: float | None, most: float | None) -> str:
    return format_html("{} / {}", _span(median), _span(most))


def _span(seconds: float | None) -> str:
    """Return the upper bound of a bucket, which may be a fraction of a second."""
    if seconds is None or seconds >= 100:
        return duration(seconds)
    if seconds < 1:
        return gettext("%(number)s ms") % {"number": f"{seconds * 1000:.3g}"}
    return gettext("%(number)s s") % {"number": f"{seconds:,.3g}"}


def _subscription(admin: Any, item: SubscriptionStatus) -> list[str]:
    lag = f"{item.lag:,}{'' if item.lag_is_exact else '+'}"
    parked = f"{item.parked_keys:,}"
    state = gettext("stuck") if item.is_stuck else gettext(item.state)
    sound = item.state == "active" and not item.is_stuck
    return [
        list_link(admin, Subscription, item.name, q=item.name),
        item.source,
        state if sound else _alarming(state),
        lag,
        duration(item.behind),
        list_link(admin, ParkedEvent, parked) if item.parked_keys else parked,
        _ago(item.idle),
        _ago(item.alive),
    ]


def _stream(admin: Any, item: StreamGrowth) -> list[str]:
    return [
        list_link(admin, Event, item.stream_name, stream=item.stream_name),
        f"{item.events:,}",
        f"{item.rate * 60:,.1f}",
        _ago(item.idle),
    ]


def _worker(admin: Any, item: WorkerStatus) -> list[str]:
    state = gettext("silent") if item.silent else gettext(item.state)
    return [
        list_link(admin, WorkerHeartbeat, f"{item.host}:{item.pid}", q=item.worker_id),
        _alarming(state) if item.silent else state,
        item.version,
        f"{item.in_flight:,}",
        f"{item.done:,}",
        f"{item.failed:,}",
        _ago(item.beat),
        duration(item.age),
    ]


def _ago(seconds: float | None) -> str:
    return format_html(gettext("{} ago"), duration(seconds)) if seconds else "-"


def _alarming(text: str) -> str:
    return format_html('<strong class="es-failed">{}</strong>', text)


_QUEUES = _Plan(
    "queues",
    _("Queues"),
    (
        _("queue"),
        _("last hour"),
        _("ready"),
        _("in flight"),
        _("delayed"),
        _("blocked"),
        _("dead"),
        _("oldest"),
        _("in / out per s"),
        _("wait p50 / p95"),
        _("run p50 / p95"),
        _("failures"),
    ),
    _queue,
    _("No queue yet. enqueue() to any name makes one; a worker empties it."),
)
_SUBSCRIPTIONS = _Plan(
    "subscriptions",
    _("Subscriptions"),
    (
        _("subscription"),
        _("source"),
        _("state"),
        _("lag in events"),
        _("behind"),
        _("parked keys"),
        _("last progress"),
        _("last looked"),
    ),
    _subscription,
    _(
        "No subscription has run yet. Declare one with @subscription in a module "
        "subscriptions.py and start a worker: manage.py runworker."
    ),
)
_STREAMS = _Plan(
    "streams",
    _("Streams that grow"),
    (_("stream"), _("newest events"), _("events per min"), _("last event")),
    _stream,
    _("No event in the last hour. append() writes one."),
)
_WORKERS = _Plan(
    "workers",
    _("Workers"),
    (
        _("worker"),
        _("state"),
        _("version"),
        _("in flight"),
        _("done"),
        _("failed"),
        _("heartbeat"),
        _("up"),
    ),
    _worker,
    _("No worker is running. Start one: manage.py runworker."),
)
