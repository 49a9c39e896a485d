"""Storing what a worker does with a task: its start, a retry, its outcome."""

import traceback
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.timezone import make_naive

from eventstreaming import clock
from eventstreaming.backends.database.tables import stored_json
from eventstreaming.backends.failures import KEPT_ERRORS, storable_text
from eventstreaming.events.task_messages import task_path
from eventstreaming.exceptions import LeaseLost
from eventstreaming.models import TaskResult
from eventstreaming.operations.task_results import (
    FAILED,
    READY,
    RUNNING,
    SUCCESSFUL,
    StoredTask,
)
from eventstreaming.types import JSON, Message


class TaskAttempt:
    """
    One delivery of a task, in the database of its message.

    Whoever got the message later has the higher lease: all writes of a former
    holder raise LeaseLost. Times are those of the worker's clock.
    """

    def __init__(self, message: Message, database: str) -> None:
        self.message = message
        self._database = database
        self._errors: list[dict[str, str]] = []

    def start(self, worker_id: str) -> StoredTask:
        """Note that the task runs, and where; return it with its history."""
        message, now = self.message, _now()
        row = self._rows.first()
        if row is None:
            row = TaskResult(
                pk=int(message.message_id),
                queue=message.stream_name,
                task=task_path(message.message_type) or "",
                rank=-message.priority,
                data=stored_json(message.data),
                worker_ids=[],
                correlation_id=message.correlation_id,
                enqueued_at=_as_stored(message.enqueued_at),
                started_at=now,
            )
            created = True
        elif row.lease < message.fencing_token:
            created = False
        else:
            raise self._lease_lost()
        row.status = RUNNING
        row.lease = message.fencing_token
        row.worker_ids = [*row.worker_ids, worker_id]
        row.last_attempted_at = now
        row.save(using=self._database, force_insert=created, force_update=not created)
        self._errors = list(row.errors or [])
        return StoredTask(
            id=message.message_id,
            queue=row.queue,
            path=row.task,
            priority=message.priority,
            status=RUNNING,
            data=message.data,
            enqueued_at=row.enqueued_at,
            errors=tuple(self._errors),
            worker_ids=tuple(row.worker_ids),
            started_at=row.started_at,
            last_attempted_at=now,
        )

    def succeed(self, value: JSON) -> datetime:
        """Store what the task returned; return the time. The caller acknowledges."""
        now = _now()
        self._write(
            status=SUCCESSFUL,
            return_value=value,
            finished_at=now,
        )
        return now

    def fail(self, error: BaseException) -> datetime:
        """Store that the task has failed for good. The caller acknowledges."""
        now = _now()
        self._write(
            status=FAILED,
            failed=True,
            errors=self.errors_with(error, now),
            finished_at=now,
        )
        return now

    def fail_for_now(self, error: BaseException) -> None:
        """Store a failure that is not the last. The caller gives the message back."""
        self._write(status=READY, errors=self.errors_with(error, _now()))

    def errors_with(self, error: BaseException, at: datetime) -> list[dict[str, str]]:
        """Return the errors so far and a new one: the first and the last nine."""
        errors = [*self._errors, _described(error, at)]
        del errors[1 : 1 - KEPT_ERRORS]
        return errors

    def is_settled(self) -> bool:
        """Say whether this very delivery has stored how it ended."""
        rows = self._rows.filter(lease=self.message.fencing_token)
        return rows.exclude(status=RUNNING).exists()

    def _write(self, **values: Any) -> None:
        rows = self._rows.filter(lease=self.message.fencing_token)
        if not rows.update(**values):
            raise self._lease_lost()

    @property
    def _rows(self) -> QuerySet[TaskResult]:
        rows = TaskResult.objects.using(self._database)
        return rows.filter(pk=int(self.message.message_id))

    def _lease_lost(self) -> LeaseLost:
        return LeaseLost(self.message.stream_name, self.message.message_id, "taken")


def _described(error: BaseException, at: datetime) -> dict[str, str]:
    kind = type(error)
    return {
        "exception_class_path": f"{kind.__module__}.{kind.__qualname__}",
        "traceback": storable_text("".join(traceback.format_exception(error))),
        "at": at.isoformat(),
    }


def _now() -> datetime:
    return _as_stored(clock.now())


def _as_stored(moment: datetime) -> datetime:
    """Return an aware time as the ORM takes it."""
    return moment if settings.USE_TZ else make_naive(moment)
