"""
Enqueueing what schedules ask for, exactly once however many workers there are.

Whoever holds the row lock of a due schedule enqueues its message and moves the
time of the next run, in one transaction. A crash leaves the run due.
"""

import logging
from datetime import datetime
from math import inf

from django.db import transaction
from django.db.models.functions import Now

from eventstreaming import clock
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import EventStreamingError, UnsupportedOperation
from eventstreaming.models import Schedule
from eventstreaming.processing.moments import aware
from eventstreaming.processing.timetables import Timetable
from eventstreaming.types import EnqueuedId, EventData

logger = logging.getLogger("eventstreaming.worker")

ON_TIME = 60.0  # seconds: a run that is not later has not been missed
MOST_AT_ONCE = 100  # runs of one transaction


class ScheduleRunner:
    """Fires the schedules in the database of one store."""

    def __init__(self, store: BaseEventStore) -> None:
        if store.database is None:
            raise UnsupportedOperation(
                f"EVENT_STORES[{store.alias!r}]: {type(store).__name__} keeps no "
                "schedules"
            )
        self.store = store
        self.database = store.database

    def seconds_to_next(self) -> float:
        """Return how long until a run is due; 0 if one is, infinity if none is."""
        found = (
            Schedule.objects.using(self.database)
            .filter(next_at__isnull=False)
            .annotate(now=Now())
            .order_by("next_at", "pk")
            .values_list("next_at", "now")
            .first()
        )
        if found is None or found[0] is None:
            return inf
        next_at = aware(found[0], self.database)
        return max(0.0, (next_at - aware(found[1], self.database)).total_seconds())

    def fire(self) -> bool:
        """
        Fire the schedule that is due longest and that nobody else fires.

        Return False if there is none. Runs that were missed are made up for as
        the schedule says, up to 100 in one transaction.
        """
        with self.store.batch():
            row = (
                Schedule.objects.using(self.database)
                .select_for_update(skip_locked=True)
                .annotate(now=Now())
                .filter(next_at__lte=Now())
                .order_by("next_at", "pk")
                .first()
            )
            if row is None or row.next_at is None:
                return False
            self._fire(row, aware(row.next_at, self.database), row.now)
        return True

    def _fire(self, row: Schedule, due: datetime, read: datetime) -> None:
        now = aware(read, self.database)
        row.next_at, row.error = None, ""
        try:
            times = timetable_of(row)
            runs = _to_be_made(times, row.catch_up, due, now)
            first, later = runs[:MOST_AT_ONCE], runs[MOST_AT_ONCE:]
            row.next_at = later[0] if later else times.after(now)
            with transaction.atomic(using=self.database):
                made = [enqueue_run(self.store, row, time) for time in first]
            row.runs += sum(message.created for message in made)
            row.last_at = first[-1] if first else row.last_at
        except EventStreamingError as error:
            row.error = str(error)
            logger.exception("schedule %s: nothing is enqueued", row.name)
        row.save(
            using=self.database, update_fields=["next_at", "last_at", "runs", "error"]
        )


def timetable_of(row: Schedule) -> Timetable:
    """Return a row's timetable; raise InvalidValue for one that nobody checked."""
    return Timetable.of(cron=row.cron or None, every=row.every, timezone=row.timezone)


def enqueue_run(
    store: BaseEventStore, row: Schedule, time: datetime, *, jitter: bool = True
) -> EnqueuedId:
    """Enqueue the message of one run, in the caller's transaction."""
    return store.enqueue(
        row.queue,
        EventData(row.message_type, row.data, schema_version=row.schema_version)
        if row.message_type
        else row.data,
        delay=clock.random() * row.jitter if jitter else None,
        priority=row.priority,
        deduplication_key=None if row.overlap else f"schedule:{row.pk}",
        headers={"schedule": row.name, "scheduled_at": time.isoformat()},
    )


def _to_be_made(
    times: Timetable, catch_up: int, due: datetime, now: datetime
) -> list[datetime]:
    """
    Return the runs to be made of those that are due, oldest first.

    `due` is one of them, whoever has set it.
    """
    most = max(catch_up, 1)
    newest = [due, *times.last(due, now, most)][-most:]
    if catch_up:
        return newest
    return [time for time in newest if (now - time).total_seconds() <= ON_TIME]
