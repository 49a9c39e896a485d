"""
Raising an exception in a thread that runs a function.

CPython can do that at the next bytecode of a thread, wherever that is: so not while
the thread waits in a call of C, for a socket or a lock or in `time.sleep()`, but
when that returns.
"""

import ctypes
import threading
import time
from collections.abc import Callable

from eventstreaming.exceptions import HandlerInterrupted


class Interruptible:
    """
    Runs functions in one thread; another thread may interrupt the one that runs.

    No interruption outlives the call that it was meant for. There is no lock:
    the exception might come while the thread holds it. Instead each side says
    first what it does and looks then what the other one does.
    """

    def __init__(self) -> None:
        self._ident = 0
        self._running: str | None = None
        self._is_being_interrupted = False
        self._was_interrupted = False

    def run(self, name: str, function: Callable[[], None]) -> BaseException | None:
        """Call a function; return what it raised."""
        self._ident = threading.get_ident()
        error: BaseException | None = None
        has_ended = False
        while True:
            try:
                if not has_ended:
                    self._running = name
                    try:
                        function()
                    except BaseException as raised:  # SystemExit must not end a worker
                        error = raised
                    has_ended = True
                self._running = None
                while self._is_being_interrupted:
                    time.sleep(0)
                if self._was_interrupted:
                    _raise_in(self._ident, None)
                    self._was_interrupted = False
                return error
            except HandlerInterrupted as late:  # the function was about to end
                if not has_ended:
                    has_ended, error = True, late

    def interrupt(self, name: str, error: type[HandlerInterrupted]) -> bool:
        """Raise an error in the function if it is still the one of that name."""
        self._is_being_interrupted = self._was_interrupted = True
        try:
            return self._running == name and _raise_in(self._ident, error)
        finally:
            self._is_being_interrupted = False


def _raise_in(ident: int, error: type[BaseException] | None) -> bool:
    """Let a thread raise an error soon; None takes back what it has not raised."""
    threads = ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(ident), None if error is None else ctypes.py_object(error)
    )
    return bool(threads)
