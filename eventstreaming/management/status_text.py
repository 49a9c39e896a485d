"""What `manage.py eventstatus` says to people."""

from collections.abc import Iterator

from eventstreaming.backends.fences import FenceHolder
from eventstreaming.management.tables import printable, seconds, table
from eventstreaming.operations.partition_status import PartitionStatus
from eventstreaming.operations.queue_activity import QueueHour
from eventstreaming.operations.saga_status import BOUND, SHOWN, SagaCounts
from eventstreaming.operations.scheduling import ScheduleStatus
from eventstreaming.operations.status import StoreStatus
from eventstreaming.operations.subscription_status import SubscriptionStatus
from eventstreaming.operations.worker_status import WorkerStatus
from eventstreaming.types import QueueInfo, StreamInfo

STREAMS = ("stream", "kind", "first", "last", "events")
SUBSCRIPTIONS = ("subscription", "source", "state", "place", "lag", "behind", "idle")
PARTITIONS = (
    "partition",
    "place",
    "lag",
    "behind",
    "idle",
    "alive",
    "parked",
    "owner",
)
QUEUES = ("queue", "ready", "in flight", "delayed", "blocked", "dead", "oldest")
RATES = ("queue, last hour", "in/s", "out/s", "wait p95", "run p95", "failures")
SAGAS = ("saga", "running", "waiting", "compensating", "failed")
SCHEDULES = ("schedule", "times", "queue", "state", "next run in", "last")

WORKERS = ("worker", "state", "in flight", "done", "failed", "events", "MiB", "up")


def status_text(status: StoreStatus) -> Iterator[str]:
    """Yield the lines of a status."""
    return map(printable, _lines(status))


def _lines(status: StoreStatus) -> Iterator[str]:
    fence = status.fence
    yield f"store {status.store}: last position {fence.last_position:,}"
    if fence.lag:
        yield f"readers are held at position {fence.fence:,}, {fence.lag:,} behind, by"
        for holder in fence.holders:
            yield f"  {_holder(holder)}"
    if status.streams:
        yield ""
        yield from table(STREAMS, map(_stream, status.streams))
        if status.more_streams:
            yield "… and more: name some, or raise --limit"
    if status.subscriptions:
        yield ""
        yield from table(SUBSCRIPTIONS, map(_subscription, status.subscriptions))
        for item in status.subscriptions:
            if item.parked_keys:
                yield f"{item.name}: {item.parked_keys:,} keys are parked"
            if item.error:
                lines = item.error.strip().splitlines() or ["an error without a text"]
                yield f"{item.name}: {lines[-1][:200]}"
    for item in status.subscriptions:
        if item.partitions:
            yield ""
            yield from table(PARTITIONS, (_partition(item, p) for p in item.partitions))
    if status.queues:
        yield ""
        yield from table(QUEUES, map(_queue, status.queues))
    if status.activity:
        yield ""
        yield from table(RATES, map(_hour, status.activity))
    if status.sagas:
        yield ""
        yield from table(SAGAS, map(_saga, status.sagas))
    if status.schedules:
        yield ""
        yield from table(SCHEDULES, map(_schedule, status.schedules))
        for schedule in status.schedules:
            if schedule.error:
                yield f"{schedule.name}: {schedule.error[:200]}"
    if status.workers:
        yield ""
        yield from table(WORKERS, map(_worker, status.workers))


def _holder(holder: FenceHolder) -> str:
    if holder.pid is None:
        return "a prepared transaction; see pg_prepared_xacts"
    who = ", ".join(part for part in (holder.application, holder.user) if part)
    query = " ".join(holder.query.split())[:200] or "its statement is hidden"
    return (
        f"pid {holder.pid} ({who}), for {seconds(holder.seconds)}, {holder.state}: "
        f"{query}"
    )


def _stream(info: StreamInfo) -> tuple[str | int | None, ...]:
    if info.deleted:
        return info.stream_name, "deleted", None, None, None
    kind = "concurrent" if info.concurrent else "serial"
    last = None if info.last_offset < 0 else info.last_offset
    return info.stream_name, kind, info.first_offset, last, info.length


def _subscription(item: SubscriptionStatus) -> tuple[str | int | None, ...]:
    lag = f"{item.lag:,}{'' if item.lag_is_exact else '+'}"
    state = f"{item.state}, {item.attempts} failed" if item.attempts else item.state
    if item.is_stuck:
        state += ", stuck"
    return (
        item.name,
        item.source,
        state,
        item.place,
        lag,
        seconds(item.behind),
        seconds(item.idle),
    )


def _partition(
    item: SubscriptionStatus, partition: PartitionStatus
) -> tuple[str | int | None, ...]:
    lag = f"{partition.lag:,}" if partition.lag_is_exact else f"~{partition.lag:,}"
    return (
        f"{item.name} / {partition.partition}",
        partition.place,
        lag,
        seconds(partition.behind),
        seconds(partition.idle),
        seconds(partition.alive),
        partition.parked_keys,
        partition.owner or "-",
    )


def _queue(info: QueueInfo) -> tuple[str | int | None, ...]:
    counts = []
    for state in ("ready", "in_flight", "delayed", "blocked", "dead"):
        count: int = getattr(info, state)
        counts.append(f"~{count:,}" if state in info.estimated else count)
    return info.stream_name, *counts, seconds(info.oldest_age)


def _hour(hour: QueueHour) -> tuple[str, ...]:
    return (
        hour.queue,
        f"{hour.rate_in:,.1f}",
        f"{hour.rate_out:,.1f}",
        _bound(hour.wait_p95),
        _bound(hour.run_p95),
        f"{hour.failure_rate:.1%}",
    )


def _bound(value: float | None) -> str:
    """Return the upper bound of a bucket, which may be a few milliseconds."""
    short = value is not None and value < 1
    return f"{(value or 0) * 1000:.0f} ms" if short else seconds(value)


def _saga(item: SagaCounts) -> tuple[str | int | None, ...]:
    counts = [getattr(item, state) for state in SHOWN]
    return item.name, *(f"{BOUND:,}+" if n >= BOUND else n for n in counts)


def _schedule(item: ScheduleStatus) -> tuple[str | int | None, ...]:
    due_in = None if item.due_in is None else seconds(max(0.0, item.due_in))
    return item.name, item.times, item.queue, item.state, due_in, seconds(item.ran)


def _worker(item: WorkerStatus) -> tuple[str | int | None, ...]:
    state = f"silent for {seconds(item.beat)}" if item.silent else item.state
    return (
        f"{item.host}:{item.pid}",
        state,
        item.in_flight,
        item.done,
        item.failed,
        item.handled,
        None if item.memory is None else round(item.memory / 2**20),
        seconds(item.age),
    )
