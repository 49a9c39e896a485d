"""How peers time themselves: inside their own process, without the protocol."""

import os
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any


def rate(act: Callable[[Any], object], work: Iterable[Any], count: int) -> float:
    """Return how many things a second `act` does; each call does `count`."""
    work = list(work)
    began = time.perf_counter()
    for item in work:
        act(item)
    return count * len(work) / (time.perf_counter() - began)


def fading(act: Callable[[None], object], batches: int, count: int) -> float:
    """Return the rate of the last tenth of the batches by that of the first."""
    tenths = [rate(act, [None] * (batches // 10), count) for _ in range(10)]
    return tenths[-1] / tenths[0]


def tell_the_time() -> None:
    """Say that a handler has started, on the clock that processes share."""
    started = str(time.monotonic_ns()).encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(started, os.environ["BENCHMARK_SOCKET"])
