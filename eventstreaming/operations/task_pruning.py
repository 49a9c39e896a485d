"""Forgetting tasks that have finished long ago."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.events import arguments
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import TaskResult
from eventstreaming.types import Duration

BATCH_SIZE = 1_000
LONGEST = 100 * 366 * 86_400.0  # seconds

Progress = Callable[[int], object]


def prune_tasks(
    queues: Iterable[str] = (),
    *,
    older_than: Duration,
    failed_older_than: Duration | None = None,
    dry_run: bool = False,
    batch_size: int = BATCH_SIZE,
    progress: Progress | None = None,
    store: str = DEFAULT_ALIAS,
) -> int:
    """
    Delete the results of tasks that finished `older_than` ago; return how many.

    Failed ones are kept for `failed_older_than` (default: as the others). Each batch
    is a transaction of its own: an interruption loses nothing, and the next call goes
    on. The walk ends where tasks are younger, so it does not cost more with history.
    With `dry_run` they are only counted.
    """
    database = event_stores[store].database
    if database is None:
        raise UnsupportedOperation(f"the store {store!r} keeps no results of tasks")
    rows = TaskResult.objects.using(database)
    if names := [arguments.stream_name(name, "queue") for name in queues]:
        rows = rows.filter(queue__in=names)
    ages = _Ages(older_than, failed_older_than)
    size = arguments.integer(batch_size, "batch_size", 1, 100_000)
    pruned, last = 0, 0
    while batch := _batch(rows, last, size):
        last = batch[-1].pk
        old = [row.pk for row in batch if ages.is_over(row)]
        pruned += len(old)
        if old and not dry_run:
            TaskResult.objects.using(database).filter(pk__in=old).delete()
        if progress is not None and old:
            progress(pruned)
        if all(row.enqueued_at >= ages.youngest for row in batch):
            break
    return pruned


class _Ages:
    """The moments before which tasks must have finished."""

    def __init__(self, older_than: Duration, failed: Duration | None) -> None:
        self._others = _ago(older_than, "older_than")
        self._failed = self._others
        if failed is not None:
            self._failed = _ago(failed, "failed_older_than")
        self.youngest = max(self._others, self._failed)

    def is_over(self, row: TaskResult) -> bool:
        """Say whether a result is not kept any more."""
        before = self._failed if row.failed else self._others
        return row.finished_at is not None and row.finished_at < before


def _ago(age: Duration, field: str) -> datetime:
    return timezone.now() - timedelta(seconds=arguments.seconds(age, field, LONGEST))


def _batch(rows: QuerySet[TaskResult], last: int, size: int) -> list[Any]:
    """Return the next rows, the oldest first, with what their age needs."""
    found = rows.filter(pk__gt=last).order_by("pk")
    return list(found.only("pk", "failed", "finished_at", "enqueued_at")[:size])
