"""Enqueueing one task many times."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eventstreaming.contrib.tasks.backend import EventStreamingBackend
from eventstreaming.contrib.tasks.calls import TaskCall
from eventstreaming.contrib.tasks.compat import AnyResult, AnyTask
from eventstreaming.exceptions import UnsupportedOperation

Calls = Iterable[Sequence[Any] | Mapping[str, Any] | TaskCall]


def enqueue_many(task: AnyTask, calls: Calls) -> list[AnyResult]:
    """
    Enqueue one task many times, all or none, in order; return the results.

    A call is a tuple of arguments, a dict of keyword arguments, or a TaskCall,
    which has both. They are written at once, and visible when the caller's
    transaction commits. Raise what `task.enqueue()` raises, and
    UnsupportedOperation for a task of another kind of backend.
    """
    return _backend_of(task).enqueue_many(task, calls)


async def aenqueue_many(task: AnyTask, calls: Calls) -> list[AnyResult]:
    """See enqueue_many()."""
    return await _backend_of(task).aenqueue_many(task, calls)


def _backend_of(task: AnyTask) -> EventStreamingBackend:
    backend = task.get_backend()
    if not isinstance(backend, EventStreamingBackend):
        raise UnsupportedOperation(
            f"TASKS[{task.backend!r}]: {type(backend).__name__} enqueues one task at "
            "a time"
        )
    return backend
