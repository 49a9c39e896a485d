"""
Ending a call that takes too long, in whatever thread it runs.

A sync function is interrupted between two steps of Python, a query that it waits
for is cancelled at the server. Code in C that waits for something else, such as
`time.sleep()`, is not interrupted: the call ends when it returns.
"""

import asyncio
import ctypes
import threading
from collections.abc import Callable
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections

from eventstreaming.exceptions import TaskTimeout

AGAIN_SECONDS = 0.5


class _TimeIsUp(BaseException):
    """Raised in the thread of the call; `except Exception` lets it pass."""


def call_within(
    seconds: float | None,
    path: str,
    function: Callable[..., Any],
    *args: Any,
    **kwargs: Any,
) -> Any:
    """
    Call a function, sync or async, and return what it returns.

    Raise TaskTimeout if it takes more than `seconds`, even if it returns in the
    end.
    """
    is_async = iscoroutinefunction(function)
    if is_async:
        function = async_to_sync(_limited(seconds, path, function))
    if seconds is None:
        return function(*args, **kwargs)
    watch = _Watch(interrupts=not is_async)
    try:
        try:
            watch.start(seconds)
            value = function(*args, **kwargs)
        finally:
            watch.end()
    except BaseException as error:
        if watch.fired:
            raise TaskTimeout(path, seconds) from error
        raise
    if watch.fired:
        raise TaskTimeout(path, seconds)
    return value


async def acall_within(
    seconds: float | None,
    path: str,
    function: Callable[..., Any],
    *args: Any,
    **kwargs: Any,
) -> Any:
    """
    Await an async function in the caller's task. See call_within().

    The queries that it waits for are those of the thread-sensitive thread.
    """
    limited = _limited(seconds, path, function)
    if seconds is None:
        return await limited(*args, **kwargs)
    watch = await sync_to_async(_Watch)(interrupts=False)
    try:
        try:
            watch.start(seconds)
            value = await limited(*args, **kwargs)
        finally:
            await sync_to_async(watch.end)()  # it may wait for a server that is away
    except BaseException as error:
        if watch.fired:
            raise TaskTimeout(path, seconds) from error
        raise
    if watch.fired:
        raise TaskTimeout(path, seconds)
    return value


def _limited(
    seconds: float | None, path: str, function: Callable[..., Any]
) -> Callable[..., Any]:
    async def limited(*args: Any, **kwargs: Any) -> Any:
        try:
            async with asyncio.timeout(seconds) as limit:
                return await function(*args, **kwargs)
        except TimeoutError as error:
            if limit.expired() and seconds is not None:
                raise TaskTimeout(path, seconds) from error
            raise

    return limited


class _Watch:
    """
    Interrupts the thread that made it, once, unless the call ends before.

    Or else it cancels the queries of the thread, which are an async call's, till that
    ends: it is cancelled itself, but not what it has begun by `sync_to_async()`.
    """

    def __init__(self, *, interrupts: bool) -> None:
        self.fired = False
        self._interrupts = interrupts
        self._ended = False
        self._lock = threading.Lock()
        self._thread = threading.get_ident()
        self._connections = list(connections.all())
        self._timer: threading.Timer | None = None

    def start(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Fire no more; what was raised and did not arrive yet is taken back."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._ended = True
            if self.fired and self._interrupts:
                _raise_in(self._thread, None)

    def _fire(self) -> None:
        with self._lock:
            if self._ended:
                return
            self.fired = True
            if self._interrupts:
                _raise_in(self._thread, _TimeIsUp)
            for connection in self._connections:
                # SQLite's has interrupt(); psycopg's cancel() is for other threads, too.
                for name in ("cancel", "interrupt"):
                    with suppress(Exception):
                        getattr(connection.connection, name)()
            if not self._interrupts:
                self.start(AGAIN_SECONDS)  # a query may begin only now


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raise an exception in another thread when it runs Python again; None: do not."""
    raised = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)
