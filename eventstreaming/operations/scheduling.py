"""Pausing, resuming and running schedules, and how they stand."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.waking.topics import SCHEDULES
from eventstreaming.exceptions import ScheduleNotFound, UnsupportedOperation
from eventstreaming.models import Schedule
from eventstreaming.processing.firing import enqueue_run
from eventstreaming.processing.moments import aware
from eventstreaming.processing.schedule_rows import first_run


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleStatus:
    """
    One schedule. `due_in` is the seconds until its next run, below 0 when that is
    late, and None when none is planned; `ran` is how many seconds ago the last
    run was due.
    """

    name: str
    times: str
    queue: str
    state: str
    due_in: float | None
    ran: float | None
    runs: int
    error: str


def schedule_statuses(using: str) -> list[ScheduleStatus]:
    """Return all schedules of a database, by name."""
    rows = Schedule.objects.using(using).annotate(now=Now()).order_by("name")
    return [
        ScheduleStatus(
            name=row.name,
            times=times_of(row),
            queue=row.queue,
            state=state_of(row),
            due_in=_seconds(row.now, row.next_at, using),
            ran=_seconds(row.last_at, row.now, using),
            runs=row.runs,
            error=row.error,
        )
        for row in rows
    ]


def _seconds(
    since: datetime | None, until: datetime | None, using: str
) -> float | None:
    if since is None or until is None:
        return None
    return (aware(until, using) - aware(since, using)).total_seconds()


def times_of(row: Schedule) -> str:
    """Return when a schedule runs, in a few words."""
    if row.every is not None:
        return f"every {row.every:,} s"
    return f"{row.cron} ({row.timezone})"


def state_of(row: Schedule) -> str:
    """Return "active", "paused", "removed" or, where no run is to come, "ended"."""
    if row.removed_at is not None:
        return "removed"
    if row.paused_at is not None:
        return "paused"
    return "ended" if row.next_at is None else "active"


def pause_schedules(names: Collection[str], *, store: str = DEFAULT_ALIAS) -> list[str]:
    """
    Let schedules rest until they are resumed; return those that did not yet.

    Runs that come due meanwhile are not made up for. Raise ScheduleNotFound for a
    name that is not in the table, before anything is paused.
    """
    asked, using = _store(store)
    with transaction.atomic(using=using):
        rows = [row for row in _locked(names, using) if row.paused_at is None]
        paused = Schedule.objects.using(using).filter(pk__in=[row.pk for row in rows])
        paused.update(paused_at=Now(), next_at=None)
        asked.announce(SCHEDULES)
    return [row.name for row in rows]


def resume_schedules(
    names: Collection[str], *, store: str = DEFAULT_ALIAS
) -> list[str]:
    """
    Let paused schedules go on with their next run; return their names.

    Those that nothing declares any more stay disabled. Raise ScheduleNotFound for
    a name that is not in the table, before anything is resumed.
    """
    asked, using = _store(store)
    with transaction.atomic(using=using):
        rows = [row for row in _locked(names, using) if row.paused_at is not None]
        for row in rows:
            row.paused_at = None
            _plan(row, using)
        asked.announce(SCHEDULES)
    return [row.name for row in rows]


def plan_schedules(names: Collection[str], *, store: str = DEFAULT_ALIAS) -> None:
    """
    Find the next run of schedules whose timing was changed.

    Raise ScheduleNotFound for a name that is not in the table.
    """
    asked, using = _store(store)
    with transaction.atomic(using=using):
        for row in _locked(names, using):
            _plan(row, using)
        asked.announce(SCHEDULES)


def run_schedules(names: Collection[str], *, store: str = DEFAULT_ALIAS) -> list[str]:
    """
    Enqueue the messages of schedules now, paused ones too; return their names.

    The runs to come are not changed. One without overlap whose last message is
    not done is left out. Raise ScheduleNotFound for a name that is not in the
    table, and InvalidValue or InvalidType for a message that no queue takes,
    before anything is enqueued.
    """
    asked, using = _store(store)
    with transaction.atomic(using=using):
        done = [
            row.name
            for row in _locked(names, using)
            if enqueue_run(asked, row, aware(row.now, using), jitter=False).created
        ]
        Schedule.objects.using(using).filter(name__in=done).update(last_at=Now())
    return done


def _store(alias: str) -> tuple[BaseEventStore, str]:
    store = event_stores[alias]
    if store.database is None:
        raise UnsupportedOperation(f"{type(store).__name__} keeps no schedules")
    return store, store.database


def _locked(names: Collection[str], using: str) -> list[Any]:
    """Lock schedules, in the order in which everybody does; `now` is read, too."""
    rows = list(
        Schedule.objects.using(using)
        .select_for_update()
        .filter(name__in=names)
        .annotate(now=Now())
        .order_by("name")
    )
    found = {row.name for row in rows}
    for name in names:
        if name not in found:
            raise ScheduleNotFound(name)
    return rows


def _plan(row: Any, using: str) -> None:
    idle = row.removed_at is not None or row.paused_at is not None
    row.next_at = None if idle else first_run(row, aware(row.now, using))
    row.error = ""
    row.save(using=using, update_fields=["paused_at", "next_at", "error"])
