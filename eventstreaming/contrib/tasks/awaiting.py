"""Running one delivery of an async task on a worker's event loop."""

import asyncio
from asyncio import CancelledError
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from asgiref.sync import sync_to_async

from eventstreaming.contrib.tasks.running import TaskRun, arguments_of, storable
from eventstreaming.contrib.tasks.time_limits import acall_within
from eventstreaming.exceptions import HandlerInterrupted
from eventstreaming.processing.connections import tidy_connections

T = TypeVar("T")


class AsyncTaskRun(TaskRun):
    """
    See TaskRun. The task is awaited; all else happens in the thread of its connections.

    What the task does to the context ends with the caller's asyncio.Task.
    """

    async def arun(self) -> None:
        """See run(). A HandlerInterrupted in a CancelledError says what it is for."""
        stored = await _finished(self._start)
        if stored is None:
            return
        try:
            try:
                task, result, timeout = await _finished(lambda: self._prepare(stored))
                args = arguments_of(task, result)
                returned = await acall_within(
                    timeout, task.module_path, task.func, *args, **result.kwargs
                )
                value = storable(returned)
            finally:
                await _finished(tidy_connections)
        except KeyboardInterrupt:
            raise
        except BaseException as raised:  # SystemExit is the task's failure, not ours
            error = _reason_of(raised).with_traceback(raised.__traceback__)
            with suppress(CancelledError):  # it comes too late
                await _finished(lambda: self._fail_in_thread(error))
        else:
            with suppress(CancelledError):
                await _finished(lambda: self._succeed(value))

    def _fail_in_thread(self, error: BaseException) -> None:
        """Store a failure where receivers see the exception, too."""
        trace = error.__traceback__
        try:
            raise error
        except BaseException:
            error.__traceback__ = trace  # without the way through this thread
            self._fail(error)


def _reason_of(error: BaseException) -> BaseException:
    """Return what a worker has cancelled a task for, or the error itself."""
    if isinstance(error, CancelledError) and error.args:
        (reason, *_) = error.args
        if isinstance(reason, type) and issubclass(reason, HandlerInterrupted):
            return reason()
    return error


async def _finished(function: Callable[[], T]) -> T:
    """
    Run a function in the thread of this context's connections, to its end.

    A cancellation waits for that, and is raised then.
    """
    call = asyncio.ensure_future(sync_to_async(function, thread_sensitive=True)())
    cancelled = None
    while not call.done():
        try:
            await asyncio.wait([call])
        except CancelledError as error:
            cancelled = error
    value = call.result()
    if cancelled is not None:
        raise cancelled
    return value
