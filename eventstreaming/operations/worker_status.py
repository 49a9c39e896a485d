"""Which workers there are, by what they say of themselves."""

from dataclasses import dataclass
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from eventstreaming.models import WorkerHeartbeat

SILENT_SECONDS = 50.0  # three heartbeats are missing
AT_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """
    One worker process. `silent` says that its heartbeats have stopped: it was killed
    with nobody to notice, or its database is away.

    `age` and `beat` are how many seconds ago it began, and last said so; `memory` is
    in bytes, None where it is not known.
    """

    worker_id: str
    host: str
    pid: int
    supervisor_pid: int | None
    version: str
    state: str
    silent: bool
    queues: list[str]
    subscriptions: list[str]
    threads: int
    in_flight: int
    done: int
    failed: int
    handled: int
    memory: int | None
    age: float
    beat: float


def worker_statuses(using: str) -> list[WorkerStatus]:
    """Return the workers of a database, by host and process id."""
    rows = (
        WorkerHeartbeat.objects.using(using)
        .annotate(age=_since("started_at"), beat=_since("beat_at"))
        .order_by("host", "pid", "worker_id")
    )
    return [
        WorkerStatus(
            worker_id=row.worker_id,
            host=row.host,
            pid=row.pid,
            supervisor_pid=row.supervisor_pid,
            version=row.version,
            state=row.state,
            silent=row.beat.total_seconds() > SILENT_SECONDS,
            queues=row.queues,
            subscriptions=row.subscriptions,
            threads=row.threads,
            in_flight=row.in_flight,
            done=row.done,
            failed=row.failed,
            handled=row.handled,
            memory=row.memory,
            age=row.age.total_seconds(),
            beat=row.beat.total_seconds(),
        )
        for row in rows[:AT_MOST]
    ]


def _since(column: str) -> "ExpressionWrapper[Any]":
    """Return the time since a column's, by the database's clock."""
    return ExpressionWrapper(Now() - F(column), output_field=DurationField())
