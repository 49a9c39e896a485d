"""Tells workers of the queues of tasks; imported when all apps are loaded."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, cast

from django.core.signals import setting_changed
from django.db import Error
from django.utils.module_loading import import_string

from eventstreaming.contrib.tasks.awaiting import AsyncTaskRun
from eventstreaming.contrib.tasks.backend import EventStreamingBackend
from eventstreaming.contrib.tasks.compat import AnyTask, task_backends
from eventstreaming.contrib.tasks.resolving import resolve_task
from eventstreaming.contrib.tasks.running import TaskRun
from eventstreaming.events.queue_settings import MAX_COUNT
from eventstreaming.events.task_messages import (
    backend_prefix,
    task_path,
    task_stream,
)
from eventstreaming.exceptions import EventStreamingError, InvalidArgument
from eventstreaming.operations.queue_names import live_queue_names
from eventstreaming.processing.registry import (
    MessageFunction,
    QueueHandler,
    handlers,
)
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.types import Message

logger = logging.getLogger("eventstreaming.worker")

HANGS_AFTER_SECONDS = 5.0

_served: dict[str, QueueHandler] = {}


def serve_tasks() -> None:
    """Let workers handle the queues of TASKS as it is now."""
    for queue in _served:
        handlers.queues.pop(queue, None)
    _served.clear()
    _served.update((handler.queue, handler) for handler in task_queues())
    handlers.queues.update(_served)


def discover_tasks() -> None:
    """Serve all queues that have tasks, of backends that take any queue name."""
    for backend in _backends():
        if backend.queues:
            continue
        try:
            names = live_queue_names(backend.store.database)
        except Error as error:
            logger.warning(
                "TASKS[%r]: its queues are not known: %s", backend.alias, error
            )
            continue
        for name in names:
            if name.startswith(backend_prefix(backend.alias)):
                _served[name] = _handler(backend, name)
    handlers.queues.update(_served)


def task_queues() -> Iterator[QueueHandler]:
    """
    Yield a handler for each queue of each backend in TASKS that is of this kind.

    What is misconfigured is left out: a system check names it.
    """
    for backend in _backends():
        for queue_name in sorted(backend.queues or {"default"}):
            with suppress(InvalidArgument):
                yield _handler(backend, task_stream(backend.alias, queue_name))


def _backends() -> Iterator[EventStreamingBackend]:
    for alias, entry in task_backends.settings.items():
        if _is_ours(entry):
            yield cast(EventStreamingBackend, task_backends[alias])


def _is_ours(entry: Any) -> bool:
    """Say whether a backend is of this kind, without making one of another."""
    try:
        backend = import_string(entry["BACKEND"])
    except Exception:  # whoever uses that backend hears of it
        return False
    return isinstance(backend, type) and issubclass(backend, EventStreamingBackend)


def _handler(backend: EventStreamingBackend, queue: str) -> QueueHandler:
    # The run settles its message itself; what it cannot settle comes again.
    return QueueHandler(
        queue=queue,
        function=partial(run_task, backend.alias),
        retry=RetryPolicy(max_attempts=MAX_COUNT),
        visibility_timeout=None,
        timeout=partial(longest_run, backend.alias),
        choice=partial(runner_of, backend.alias),
        max_deliveries=MAX_COUNT,
        store=backend.task_options.store,
    )


def longest_run(alias: str, message: Message) -> float | None:
    """
    Return after how many seconds a worker gives up a task that hangs.

    The task has ended itself by its own time-out before, unless it cannot be
    interrupted. A path that leads to no task is for the run to report.
    """
    task = _task_of(alias, message)
    if task is None:
        return None
    options = cast(EventStreamingBackend, task_backends[alias]).task_options
    try:
        timeout = options.policy_of(task).timeout
    except EventStreamingError:
        return None
    return None if timeout is None else timeout + HANGS_AFTER_SECONDS


def _task_of(alias: str, message: Message) -> AnyTask | None:
    """Return a message's task; None if there is none, which is for the run to say."""
    options = cast(EventStreamingBackend, task_backends[alias]).task_options
    try:
        return resolve_task(task_path(message.message_type) or "", options.modules)
    except EventStreamingError:
        return None


def run_task(alias: str, message: Message) -> None:
    """Run the task that a message stands for, async or not, in this thread."""
    TaskRun(cast(EventStreamingBackend, task_backends[alias]), message).run()


async def arun_task(alias: str, message: Message) -> None:
    """Run the async task that a message stands for on this event loop."""
    await AsyncTaskRun(
        cast(EventStreamingBackend, task_backends[alias]), message
    ).arun()


def runner_of(alias: str, message: Message) -> MessageFunction:
    """Return what a worker runs a task by: async ones on its event loop."""
    task = _task_of(alias, message)
    is_async = task is not None and iscoroutinefunction(task.func)
    return partial(arun_task if is_async else run_task, alias)


def _serve_again(*, setting: str, **kwargs: Any) -> None:
    if setting == "TASKS":
        serve_tasks()


handlers.discoverers.append(discover_tasks)
setting_changed.connect(_serve_again)
serve_tasks()
