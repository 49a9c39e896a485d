"""Running tasks that have failed once more."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import router, transaction

from eventstreaming import services
from eventstreaming.backends.database.tables import stored_json
from eventstreaming.events.task_messages import task_type
from eventstreaming.models import DeadLetter, TaskResult


def retry_tasks(ids: Iterable[int]) -> list[TaskResult]:
    """
    Enqueue failed tasks again under their own ids; return those that were.

    Each begins with all its attempts; the errors of the former ones stay. What is
    not FAILED, or is being retried by somebody else, is passed over.
    """
    database = router.db_for_write(TaskResult)
    rows = TaskResult.objects.using(database)
    with transaction.atomic(using=database):
        failed = rows.filter(pk__in=list(ids), failed=True).order_by("pk")
        chosen = list(failed.select_for_update(skip_locked=True))
        ids_by_queue = defaultdict(list)
        for row in chosen:
            ids_by_queue[row.queue].append(str(row.pk))
        # A store knows how a dead message comes back: the lease goes on, and
        # workers are told.
        DeadLetter.objects.using(database).bulk_create(map(_as_letter, chosen))
        for queue, numbers in ids_by_queue.items():
            services.redrive(queue, numbers)
        rows.filter(pk__in=[row.pk for row in chosen]).update(
            status=TaskResult.Status.READY, failed=False, finished_at=None
        )
    return chosen


def _as_letter(row: TaskResult) -> DeadLetter:
    return DeadLetter(
        id=row.pk,
        queue=row.queue,
        rank=row.rank,
        message_type=task_type(row.task),
        data=stored_json(row.data),
        correlation_id=row.correlation_id,
        enqueued_at=row.enqueued_at,
        lease=row.lease,
        deliveries=len(row.worker_ids),
        attempts=len(row.errors or ()),
        reason=DeadLetter.Reason.REJECTED,
    )
