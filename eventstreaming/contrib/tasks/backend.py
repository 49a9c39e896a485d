"""The backend: validates tasks, writes them as messages, and finds their results."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.checks import CheckMessage
from django.utils import timezone

from eventstreaming import clock
from eventstreaming.backends import event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.contrib.tasks import checks
from eventstreaming.contrib.tasks.calls import TaskCall, calls_of
from eventstreaming.contrib.tasks.compat import (
    AnyResult,
    AnyTask,
    BaseTaskBackend,
    InvalidTask,
    TaskResultDoesNotExist,
    task_enqueued,
)
from eventstreaming.contrib.tasks.definitions import EventStreamingTask
from eventstreaming.contrib.tasks.options import TaskOptions, known_options
from eventstreaming.contrib.tasks.resolving import is_trusted, resolve_task
from eventstreaming.contrib.tasks.results import as_result, new_result
from eventstreaming.events import arguments
from eventstreaming.events.task_messages import (
    backend_prefix,
    task_message,
    task_stream,
    task_type,
)
from eventstreaming.exceptions import InvalidArgument, TaskNotFound
from eventstreaming.types import EventData


class EventStreamingBackend(BaseTaskBackend):
    """
    Runs Django's tasks by `runworker`: a task is a message of the project's store.

    It is enqueued in the caller's transaction, in the stream
    `tasks:<alias>:<queue name>`.
    """

    task_class = EventStreamingTask
    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    @property
    def task_options(self) -> TaskOptions:
        """Return OPTIONS with their defaults; unknown ones are left out."""
        return known_options(self.options)

    @property
    def store(self) -> BaseEventStore:
        """Return the store that holds the messages."""
        return event_stores[self.task_options.store]

    def validate_task(self, task: AnyTask) -> None:
        """Raise InvalidTask for a task that this backend cannot run."""
        if isinstance(task.run_after, timedelta):
            replace(task, run_after=None)  # which validates the rest
            _delay_of(task)
            return
        super().validate_task(task)
        if "." in task.func.__qualname__:
            raise InvalidTask("Task function must be defined at a module level.")
        try:
            task_stream(self.alias, task.queue_name)
            task_type(task.module_path)
            self.task_options.policy_of(task)
        except InvalidArgument as error:
            raise InvalidTask(str(error)) from error
        _delay_of(task)

    def enqueue(  # type: ignore[override]
        self, task: AnyTask, args: Any, kwargs: Any
    ) -> AnyResult:
        """
        Write the task as a message; it is visible when the transaction commits.

        Raise InvalidTask, or TypeError or ValueError for arguments that JSON
        does not have, or that are too large.
        """
        result = self._enqueue(task, args, kwargs)
        task_enqueued.send(type(self), task_result=result)
        return result

    async def aenqueue(  # type: ignore[override]
        self, task: AnyTask, args: Any, kwargs: Any
    ) -> AnyResult:
        """See enqueue()."""
        enqueue = sync_to_async(self._enqueue, thread_sensitive=True)
        result = await enqueue(task, args, kwargs)
        await task_enqueued.asend(type(self), task_result=result)
        return result

    def enqueue_many(
        self,
        task: AnyTask,
        calls: Iterable[Sequence[Any] | Mapping[str, Any] | TaskCall],
    ) -> list[AnyResult]:
        """
        Enqueue one task many times, all or none, in order. See enqueue().

        A call is a tuple of arguments, a dict of keyword arguments, or a
        TaskCall, which has both.
        """
        results = self._enqueue_many(task, calls)
        for result in results:
            task_enqueued.send(type(self), task_result=result)
        return results

    async def aenqueue_many(
        self,
        task: AnyTask,
        calls: Iterable[Sequence[Any] | Mapping[str, Any] | TaskCall],
    ) -> list[AnyResult]:
        """See enqueue_many()."""
        enqueue = sync_to_async(self._enqueue_many, thread_sensitive=True)
        results = await enqueue(task, calls)
        for result in results:
            await task_enqueued.asend(type(self), task_result=result)
        return results

    def get_result(self, result_id: str) -> AnyResult:
        """
        Return a task's result as it is now.

        Raise TaskResultDoesNotExist if no task of this backend has the id, or if
        its function is gone.
        """
        try:
            number = arguments.message_id(result_id)
            prefix = backend_prefix(self.alias)
            stored = _results().find_task(number, prefix, self.store.database)
            if stored is None:
                raise TaskResultDoesNotExist(arguments.excerpt(result_id))
            definition = resolve_task(stored.path, self.task_options.modules)
            return as_result(stored, definition, self.alias)
        except (InvalidArgument, TaskNotFound, InvalidTask, ValueError) as error:
            raise TaskResultDoesNotExist(str(error)) from error

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Return what is wrong with the configuration."""
        return list(checks.check_backend(self.alias, self.queues, self.options))

    def _enqueue(self, task: AnyTask, args: Any, kwargs: Any) -> AnyResult:
        task, delay = self._prepared(task)
        result = new_result(task, args, kwargs, self.alias)
        now = timezone.now()
        message_id = self.store.enqueue(
            task_stream(self.alias, task.queue_name),
            _message(result, now),
            delay=delay,
            priority=task.priority,
        )
        return replace(result, id=str(message_id), enqueued_at=now)

    def _enqueue_many(self, task: AnyTask, calls: Any) -> list[AnyResult]:
        task, delay = self._prepared(task)
        results = [
            new_result(task, call.args, call.kwargs, self.alias)
            for call in calls_of(calls)
        ]
        now = timezone.now()
        ids = self.store.enqueue_many(
            task_stream(self.alias, task.queue_name),
            [_message(result, now) for result in results],
            delay=delay,
            priority=task.priority,
        )
        return [
            replace(result, id=str(message_id), enqueued_at=now)
            for result, message_id in zip(results, ids, strict=True)
        ]

    def _prepared(self, task: AnyTask) -> tuple[AnyTask, float]:
        """Check a task; return it with a time instead of a timedelta, and the delay."""
        self.validate_task(task)
        self._check_path(task)
        delay = _delay_of(task)
        if isinstance(task.run_after, timedelta):
            task = replace(task, run_after=timezone.now() + task.run_after)
        return task, delay

    def _check_path(self, task: AnyTask) -> None:
        """Raise InvalidTask for what a worker would not find, or not run."""
        module, name = task.func.__module__, task.func.__name__
        if not is_trusted(module, self.task_options.modules):
            raise InvalidTask(
                f"{task.module_path} is in no installed app, nor in OPTIONS['modules'] "
                f"of TASKS[{self.alias!r}]: no worker would run it."
            )
        known = getattr(sys.modules.get(module), name, None)
        if getattr(known, "func", None) is not task.func:
            raise InvalidTask(
                f"{task.module_path} is no Task: give the Task the name of its function."
            )


def _delay_of(task: AnyTask) -> float:
    """Return how many seconds a task is to wait."""
    run_after: datetime | timedelta | None = task.run_after
    if run_after is None:
        return 0.0
    if isinstance(run_after, datetime):
        if timezone.is_naive(run_after):
            run_after = timezone.make_aware(run_after)
        run_after = run_after - clock.now()
    seconds = max(run_after.total_seconds(), 0.0)
    try:
        return arguments.optional_delay(seconds, "run_after") or 0.0
    except InvalidArgument as error:
        raise InvalidTask(str(error)) from error


def _message(result: AnyResult, now: datetime) -> EventData:
    """Return the message of a result; its times are aware."""
    task = result.task
    run_after: datetime | None = task.run_after
    if not settings.USE_TZ:
        now = timezone.make_aware(now)
        if run_after is not None and timezone.is_naive(run_after):
            run_after = timezone.make_aware(run_after)
    return task_message(task.module_path, result.args, result.kwargs, now, run_after)


@cache
def _results() -> Any:
    """Return what knows the models, which are not there while apps are loaded."""
    return import_module("eventstreaming.operations.task_results")
