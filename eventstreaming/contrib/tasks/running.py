"""Running one delivery of a task: what a queue handler is to a message."""

import logging
import sys
from collections.abc import Callable
from contextvars import copy_context
from threading import Event
from typing import Any, TypeVar

from django.db import Error, connections

from eventstreaming.backends.identity import worker_id
from eventstreaming.contrib.tasks.backend import EventStreamingBackend
from eventstreaming.contrib.tasks.compat import (
    AnyResult,
    AnyTask,
    TaskContext,
    TaskResultStatus,
    normalize_json,
    task_finished,
    task_started,
)
from eventstreaming.contrib.tasks.options import TaskPolicy
from eventstreaming.contrib.tasks.resolving import resolve_task
from eventstreaming.contrib.tasks.results import as_result, finished_result
from eventstreaming.contrib.tasks.time_limits import call_within
from eventstreaming.events import values
from eventstreaming.events.limits import limits
from eventstreaming.events.task_messages import task_path
from eventstreaming.exceptions import (
    DeliveredTooOften,
    LeaseLost,
    MessageCancelled,
    TaskTimeout,
)
from eventstreaming.operations.task_attempts import TaskAttempt
from eventstreaming.operations.task_results import StoredTask
from eventstreaming.processing.connections import usable_afterwards
from eventstreaming.processing.outages import Patience
from eventstreaming.types import JSON, Message

logger = logging.getLogger("eventstreaming.worker")

T = TypeVar("T")


class TaskRun:
    """
    One delivery of a task, from its start to its outcome.

    The outcome and the answer to the message are one transaction. What the task
    does to the context, or to the connections of its thread, ends with it.
    """

    def __init__(self, backend: EventStreamingBackend, message: Message) -> None:
        self._backend = backend
        self._message = message
        self._database: str = backend.store.database or ""
        self._attempt = TaskAttempt(message, self._database)
        self._task: AnyTask | None = None
        self._result: AnyResult | None = None

    def run(self) -> None:
        """
        Run the task, and store how it ended.

        Raise LeaseLost when another worker got the message meanwhile, and
        KeyboardInterrupt if the task did: it has no outcome then.
        """
        stored = self._start()
        if stored is None:
            return
        try:
            with usable_afterwards(self._database):
                value = copy_context().run(_call, *self._prepare(stored))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit is the task's failure, not ours
            self._fail(error)
        else:
            self._succeed(value)

    def _start(self) -> StoredTask | None:
        """Store that the task runs; None if the message is none, and is put away."""
        if task_path(self._message.message_type) is None:
            self._message.nack(dead_letter=True, error="The message is no task.")
            return None
        return self._patiently(lambda: self._attempt.start(worker_id()))

    def _prepare(self, stored: StoredTask) -> tuple[AnyTask, AnyResult, float | None]:
        """Return what is to be called, and for how many seconds at most."""
        options = self._backend.task_options
        self._refuse_what_kills()
        task = self._task = resolve_task(stored.path, options.modules)
        result = self._result = as_result(stored, task, self._backend.alias)
        policy = options.policy_of(task)
        self._refuse_what_hung(policy)
        task_started.send_robust(type(self._backend), task_result=result)
        return task, result, policy.timeout

    def _refuse_what_kills(self) -> None:
        allowed = self._backend.task_options.max_deliveries
        if self._message.deliveries > allowed:
            raise DeliveredTooOften(self._message.stream_name, allowed)

    def _refuse_what_hung(self, policy: TaskPolicy) -> None:
        """Begin no task that did not end in time, and that the worker gave up."""
        if policy.timeout is not None and self._message.attempts >= policy.max_attempts:
            raise TaskTimeout(
                task_path(self._message.message_type) or "", policy.timeout
            )

    def _succeed(self, value: JSON) -> None:
        at = self._settle(lambda: self._attempt.succeed(value))
        self._announce(TaskResultStatus.SUCCESSFUL, at, value=value)

    def _fail(self, error: BaseException) -> None:
        """Store a failure; inside `except`, so that receivers see the exception."""
        delay = self._delay_before_retry(error)
        if delay is None:
            at = self._settle(lambda: self._attempt.fail(error))
            errors = self._attempt.errors_with(error, at)
            self._announce(TaskResultStatus.FAILED, at, errors=errors)
            return
        self._settle(lambda: self._attempt.fail_for_now(error), again_after=delay)
        logger.warning(
            "task %s (%s) failed, again in %.1f s: %r",
            self._message.message_id,
            task_path(self._message.message_type),
            delay,
            error,
        )

    def _delay_before_retry(self, error: BaseException) -> float | None:
        """Return the seconds to wait, or None if this was the last attempt."""
        if self._task is None or self._result is None:
            return None  # what cannot be run now is not tried again
        policy = self._backend.task_options.policy_of(self._task)
        attempts = self._message.attempts + 1
        if attempts >= policy.max_attempts:
            return None
        if isinstance(error, DeliveredTooOften | MessageCancelled):
            return None
        return policy.delay(attempts, error, self._result)

    def _settle(
        self, store: Callable[[], Any], *, again_after: float | None = None
    ) -> Any:
        """Store how the attempt ended, and answer the message, in one transaction."""

        def settle() -> Any:
            if again_after is None:
                with self._message.atomic():
                    return store()
            with self._backend.store.all_or_none():
                stored = store()
                self._message.nack(delay=again_after)
                return stored

        def settle_once() -> Any:
            try:
                return settle()
            except LeaseLost:
                # The commit before may have gone through, and its answer was lost.
                if not self._attempt.is_settled():
                    raise
                return None

        try:
            return self._patiently(settle_once)
        except Error:
            if connections[self._database].in_atomic_block:
                raise
            # The task may have changed the session: once more on a new one.
            connections[self._database].close()
            return self._patiently(settle_once)

    def _patiently(self, action: Callable[[], T]) -> T:
        """Wait out a database that is away, as long as it takes."""
        patience = Patience(f"task {self._message.message_id}", self._database, Event())
        done: list[T] = []

        def noted() -> bool:
            done.append(action())
            return True

        while not patience.attempt(noted):
            pass
        return done[-1]

    def _announce(self, status: TaskResultStatus, at: Any, **outcome: Any) -> None:
        if self._result is None:
            logger.error(
                "task %s (%s) failed: it cannot be run",
                self._message.message_id,
                task_path(self._message.message_type),
                exc_info=sys.exception(),
            )
            return
        result = finished_result(self._result, status, at, **outcome)
        task_finished.send_robust(type(self._backend), task_result=result)


def _call(task: AnyTask, result: AnyResult, timeout: float | None) -> JSON:
    """Call the function; return what can be stored of its return value."""
    args = arguments_of(task, result)
    return storable(
        call_within(timeout, task.module_path, task.func, *args, **result.kwargs)
    )


def arguments_of(task: AnyTask, result: AnyResult) -> list[Any]:
    """Return the positional arguments of a call."""
    context = [TaskContext(task_result=result)] if task.takes_context else []
    return [*context, *result.args]


def storable(returned: Any) -> JSON:
    """Return a task's return value as JSON keeps it; raise for what it does not."""
    value = values.checked(normalize_json(returned), "return value")
    values.to_json(value, "return value", limits().data_bytes)
    return value
