"""When a handler starts in another process: it sends the time to a socket."""

import random
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30.0


@contextmanager
def clock_socket() -> Iterator[socket.socket]:
    """Make a socket that handlers send the time of their start to."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as clock,
    ):
        clock.bind(str(Path(folder, "clock")))
        clock.settimeout(PATIENCE)
        yield clock


def milliseconds_to(enqueue: Callable[[], object], clock: socket.socket) -> float:
    """
    Return the milliseconds from the call of `enqueue` to the handler's start.

    Before it, the worker has long enough to fall asleep, and never in step with
    its looks.
    """
    time.sleep(random.uniform(0.3, 1.3))
    began = time.monotonic_ns()
    enqueue()
    return (int(clock.recv(64)) - began) / 1e6
