"""A stored task as Django's Tasks show it."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.timezone import make_naive

from eventstreaming.contrib.tasks.compat import (
    AnyResult,
    AnyTask,
    TaskError,
    TaskResult,
    TaskResultStatus,
)
from eventstreaming.events.task_messages import task_call, task_queue_name

if TYPE_CHECKING:  # it knows the models, which are not there while apps are loaded
    from eventstreaming.operations.task_results import StoredTask


def new_result(task: AnyTask, args: Any, kwargs: Any, alias: str) -> AnyResult:
    """
    Return the result of a task that is about to be enqueued; it has no id yet.

    Raise TypeError or ValueError for arguments that JSON does not have.
    """
    return TaskResult(
        task=task,
        id="",
        status=TaskResultStatus.READY,
        enqueued_at=None,
        started_at=None,
        finished_at=None,
        last_attempted_at=None,
        args=args,
        kwargs=kwargs,
        backend=alias,
        errors=[],
        worker_ids=[],
    )


def as_result(stored: "StoredTask", definition: AnyTask, alias: str) -> AnyResult:
    """
    Return what is stored of a task as its result.

    The task is the definition as it is now, with the priority, queue and time of
    this call. Raise InvalidTask if the backend refuses that by now, and
    ValueError for data that no task was written as.
    """
    call = task_call(stored.data)
    task = replace(
        definition,
        priority=stored.priority,
        queue_name=task_queue_name(alias, stored.queue),
        backend=alias,
        run_after=_as_shown(call.run_after),
    )
    result = TaskResult(
        task=task,
        id=stored.id,
        status=TaskResultStatus(stored.status),
        enqueued_at=_as_shown(call.enqueued_at) or stored.enqueued_at,
        started_at=stored.started_at,
        finished_at=stored.finished_at,
        last_attempted_at=stored.last_attempted_at,
        args=call.args,
        kwargs=call.kwargs,
        backend=alias,
        errors=[as_error(error) for error in stored.errors],
        worker_ids=list(stored.worker_ids),
    )
    return with_value(result, stored.return_value)


def _as_shown(moment: datetime | None) -> datetime | None:
    """Return a stored time as Django shows times: naive without USE_TZ."""
    if moment is None or settings.USE_TZ:
        return moment
    return make_naive(moment)


def with_value(result: AnyResult, value: Any) -> AnyResult:
    """Set the return value, which is no argument of a TaskResult, and return it."""
    object.__setattr__(result, "_return_value", value)
    return result


def finished_result(
    result: AnyResult,
    status: TaskResultStatus,
    at: datetime,
    *,
    errors: list[dict[str, str]] | None = None,
    value: Any = None,
) -> AnyResult:
    """Return a running task's result once the outcome is known."""
    kept = result.errors if errors is None else [as_error(error) for error in errors]
    finished = replace(result, status=status, finished_at=at, errors=kept)
    return with_value(finished, value)


def as_error(stored: dict[str, str]) -> TaskError:
    """Return one stored failure."""
    return TaskError(
        exception_class_path=stored["exception_class_path"],
        traceback=stored["traceback"],
    )
