"""What is known of tasks: from their messages, their results, or dead letters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Now

from eventstreaming.events.task_messages import task_path
from eventstreaming.models import DeadLetter, Message, TaskResult
from eventstreaming.types import JSON

REMOVED = "The message of this task was removed before the task had finished."
_ERRORS: dict[str, str] = {
    DeadLetter.Reason.CANCELLED: "MessageCancelled",
    DeadLetter.Reason.MAX_DELIVERIES: "DeliveredTooOften",
}
READY, RUNNING = TaskResult.Status.READY, TaskResult.Status.RUNNING
FAILED, SUCCESSFUL = TaskResult.Status.FAILED, TaskResult.Status.SUCCESSFUL


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """
    One task as it stands, begun or not.

    `errors` are dicts of `exception_class_path`, `traceback` and `at`; times are
    as the ORM gives them.
    """

    id: str
    queue: str
    path: str
    priority: int
    status: str
    data: JSON
    enqueued_at: datetime
    return_value: JSON = None
    errors: tuple[dict[str, str], ...] = ()
    worker_ids: tuple[str, ...] = ()
    started_at: datetime | None = None
    last_attempted_at: datetime | None = None
    finished_at: datetime | None = None


def find_task(number: int, prefix: str, database: str) -> StoredTask | None:
    """
    Return what is known of a task by its id; None if there is no such task.

    Only queues whose name begins with `prefix` are looked at. A task whose
    message died, or was removed, has failed.
    """
    live = _live(number, prefix, database)
    row = _rows(TaskResult, number, prefix, database).first()
    if live is not None and (row is None or row.finished_at is None):
        return _waiting(live, row)
    if row is not None and row.finished_at is not None:
        return _begun(row)
    dead = _rows(DeadLetter, number, prefix, database).first()
    if dead is not None and task_path(dead.message_type) is not None:
        return _dead(dead, row)
    # It may have been sent back between two looks.
    live = _live(number, prefix, database)
    if live is not None:
        return _waiting(live, row)
    return None if row is None else _removed(row)


def _rows(model: type[Any], number: int, prefix: str, database: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.using(database)
    return rows.filter(pk=number, queue__startswith=prefix)


def _live(number: int, prefix: str, database: str) -> Any:
    """Return the message, noting whether somebody has it."""
    rows = _rows(Message, number, prefix, database).annotate(
        is_leased=ExpressionWrapper(
            Q(leased_until__gt=Now()), output_field=BooleanField()
        )
    )
    message = rows.first()
    return None if message is None or not task_path(message.message_type) else message


def _waiting(message: Any, row: TaskResult | None) -> StoredTask:
    # A lease alone is no start: a worker takes some messages ahead.
    runs = (
        row is not None
        and row.status == RUNNING
        and message.is_leased
        and row.lease == message.lease
    )
    return StoredTask(
        id=str(message.pk),
        queue=message.queue,
        path=task_path(message.message_type) or "",
        priority=-message.rank,
        status=RUNNING if runs else READY,
        data=message.data,
        enqueued_at=message.enqueued_at,
        **_attempts(row),
    )


def _begun(row: TaskResult) -> StoredTask:
    return StoredTask(
        id=str(row.pk),
        queue=row.queue,
        path=row.task,
        priority=-row.rank,
        status=row.status,
        data=row.data,
        enqueued_at=row.enqueued_at,
        return_value=row.return_value,
        finished_at=row.finished_at,
        **_attempts(row),
    )


def _dead(letter: DeadLetter, row: TaskResult | None) -> StoredTask:
    known = _attempts(row)
    text = letter.error or letter.get_reason_display()
    known["errors"] = (
        *known.get("errors", ()),
        task_error(_ERRORS.get(letter.reason, "MessageNotFound"), text, letter.died_at),
    )
    return StoredTask(
        id=str(letter.pk),
        queue=letter.queue,
        path=task_path(letter.message_type) or "",
        priority=-letter.rank,
        status=FAILED,
        data=letter.data,
        enqueued_at=letter.enqueued_at,
        finished_at=letter.died_at,
        **known,
    )


def _removed(row: TaskResult) -> StoredTask:
    known = _attempts(row)
    known["errors"] = (
        *known["errors"],
        task_error("MessageNotFound", REMOVED, row.last_attempted_at),
    )
    return StoredTask(
        id=str(row.pk),
        queue=row.queue,
        path=row.task,
        priority=-row.rank,
        status=FAILED,
        data=row.data,
        enqueued_at=row.enqueued_at,
        finished_at=row.last_attempted_at,
        **known,
    )


def _attempts(row: TaskResult | None) -> dict[str, Any]:
    """Return what the attempts so far have left."""
    if row is None:
        return {}
    return {
        "errors": tuple(row.errors or ()),
        "worker_ids": tuple(row.worker_ids),
        "started_at": row.started_at,
        "last_attempted_at": row.last_attempted_at,
    }


def task_error(name: str, text: str, at: datetime) -> dict[str, str]:
    """Return an error of this package as it is stored."""
    return {
        "exception_class_path": f"eventstreaming.exceptions.{name}",
        "traceback": text,
        "at": at.isoformat(),
    }
