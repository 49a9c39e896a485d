"""
Ending by a signal at a safe place, never in the middle of a transaction.

The first SIGINT (Ctrl+C), SIGTERM or SIGHUP (a closed terminal) is noted, and
`check()` raises KeyboardInterrupt for it; the next ones raise it at once.
"""

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_received: list[int] = []


def listen() -> None:
    """Note the signals from now on."""
    for number in SIGNALS:
        signal.signal(number, _note)


def ignore() -> None:
    """Be deaf to the signals from now on, while something is put in order."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def received() -> bool:
    """Say whether there was a signal."""
    return bool(_received)


def check() -> None:
    """Raise KeyboardInterrupt if there was a signal."""
    if _received:
        raise KeyboardInterrupt


def _note(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    if len(_received) > 1:
        raise KeyboardInterrupt
