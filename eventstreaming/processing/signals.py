"""Signal handlers for the time that a worker or a supervisor runs."""

import faulthandler
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import UnsupportedOperation
from types import FrameType
from typing import TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], None] | signal.Handlers


@contextmanager
def handling(handlers: Mapping[signal.Signals, Handler]) -> Iterator[None]:
    """
    Install handlers, and what was there before at the end.

    A SIGHUP that is ignored, as `nohup` has it, stays ignored.
    """
    before = {
        number: signal.signal(number, handler)
        for number, handler in handlers.items()
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def waking(number: int) -> Iterator[None]:
    """Have each signal write to a file descriptor, which ends a select()."""
    before = signal.set_wakeup_fd(number, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)


@contextmanager
def dumping_stacks() -> Iterator[None]:
    """Let SIGUSR1 write what all threads do to standard error, even if they hang."""
    try:
        faulthandler.register(signal.SIGUSR1, file=sys.stderr)
    except (UnsupportedOperation, AttributeError):  # a test has replaced it
        yield
        return
    try:
        yield
    finally:
        faulthandler.unregister(signal.SIGUSR1)
