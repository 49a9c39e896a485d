"""Declaring schedules in `subscriptions.py`."""

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.processing import registry
from eventstreaming.processing.schedule_definitions import ScheduleDefinition
from eventstreaming.processing.timetables import Timetable
from eventstreaming.types import Duration


def schedule(
    name: str,
    queue: str,
    message: object = None,
    *,
    cron: str | None = None,
    every: Duration | None = None,
    timezone: str | None = None,
    catch_up: int = 1,
    jitter: Duration = 0.0,
    overlap: bool = True,
    priority: int = 0,
    store: str = DEFAULT_ALIAS,
) -> None:
    """
    Enqueue a message again and again: by a cron expression, or at an interval.

        schedule("nightly-report", "reports", MakeReport("daily"), cron="30 2 * * *")
        schedule("heartbeat", "pings", every=60)

    Any worker of the store does it, without a leader, and each run is enqueued
    exactly once however many workers there are: its message and the time of the
    next run commit together, by the database's clock. The message (default: an
    empty one) has the headers `schedule`, its name, and `scheduled_at`, the
    run's time in UTC.

    `cron` goes by the clock of `timezone` (default: the project's), see
    `processing.timetables` for its changes in spring and autumn; it needs the
    extra `cron`. `every` is whole seconds, counted from 1970 in UTC, so 3,600 is
    each full hour. `catch_up` is how many of the runs that were missed while no
    worker ran, or all were busy, are made up for: the newest ones, at most 1,000;
    with 0 only a run that is less than a minute late. `jitter` delays each
    message by a random part of so many seconds. Without `overlap`, a run is
    left out while the message of an earlier one is not done.

    Workers keep the schedule in a table when they start: a changed declaration
    takes effect, one that is gone is disabled. Raise InvalidValue or InvalidType
    for a bad argument, HandlerConflict when the name is declared differently.
    """
    registry.handlers.add_schedule(
        ScheduleDefinition.of(
            name,
            queue,
            message,
            Timetable.of(cron=cron, every=every, timezone=timezone),
            priority=priority,
            catch_up=catch_up,
            jitter=jitter,
            overlap=overlap,
            store=store,
        )
    )
