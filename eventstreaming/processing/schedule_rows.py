"""Keeping the table of schedules like the code that declares them."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from eventstreaming.models import Schedule
from eventstreaming.processing.firing import timetable_of
from eventstreaming.processing.moments import aware
from eventstreaming.processing.schedule_definitions import ScheduleDefinition

logger = logging.getLogger("eventstreaming.worker")

TIMING = ("cron", "every", "timezone")


def synchronize(database: str, definitions: Sequence[ScheduleDefinition]) -> None:
    """
    Let what is declared be in the table, and disable what no longer is.

    In one transaction. A run that was due stays due unless its timing changes. A
    schedule that a person has paused stays paused.
    """
    rows = Schedule.objects.using(database)
    by_name = {definition.name: definition for definition in definitions}
    with transaction.atomic(using=database):
        known = set(rows.values_list("name", flat=True))
        new = [d for name, d in sorted(by_name.items()) if name not in known]
        rows.bulk_create(
            [Schedule(name=d.name, declared=True, **d.columns()) for d in new],
            ignore_conflicts=True,  # another worker has done it
        )
        locked = rows.select_for_update().annotate(now=Now()).order_by("name")
        for row in locked:
            now = aware(row.now, database)
            if row.name in by_name:
                _adopt(row, by_name[row.name], now, database)
            elif row.declared and row.removed_at is None:
                rows.filter(pk=row.pk).update(removed_at=Now(), next_at=None)
                logger.warning(
                    "schedule %s is disabled: nothing declares it any more", row.name
                )


def first_run(row: Schedule, now: datetime) -> datetime | None:
    """Return the value of `next_at` for a schedule that begins, or goes on, now."""
    return timetable_of(row).after(now)


def _adopt(
    row: Schedule, definition: ScheduleDefinition, now: datetime, database: str
) -> None:
    """Change what differs from the declaration."""
    columns: dict[str, Any] = {
        **definition.columns(),
        "declared": True,
        "removed_at": None,
    }
    changed = [name for name, value in columns.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, columns[name])
    begins = row.next_at is None and row.paused_at is None
    if begins or (row.paused_at is None and set(changed) & set(TIMING)):
        row.next_at = first_run(row, now)
        row.error = ""
        changed += ["next_at", "error"]
    if changed:
        row.save(using=database, update_fields=changed)
        logger.info("schedule %s: %s to %s", row.name, definition.timetable, row.queue)
