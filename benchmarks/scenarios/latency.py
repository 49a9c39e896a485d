"""From `enqueue` to the start of the handler, on a worker that has nothing to do."""

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import eventstreaming
from benchmarks.payloads import orders
from benchmarks.raw.connecting import connect
from benchmarks.scenario import OURS, RAW, Scenario, Slice
from benchmarks.scenarios.workers import worker

PATIENCE = 30.0
CHANNEL = "benchmark"


def scenarios() -> list[Scenario]:
    return [
        Scenario(
            name="idle latency",
            unit="ms",
            wanted=3.0,
            rounds=30,
            is_time=True,
            contenders={RAW: _raw, OURS: _ours},
        )
    ]


@contextmanager
def _raw() -> Iterator[Slice]:
    queue = "awaited-raw"
    with _clock_socket() as clock, connect() as connection:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.children.listener", queue, CHANNEL],
            env={**os.environ, "BENCHMARK_SOCKET": clock.getsockname()},
        )
        data = '{"order_id": 1}'

        def enqueue() -> None:
            connection.execute(
                "WITH sent AS (INSERT INTO eventstreaming_message "
                "(queue, message_type, data) VALUES (%s, 'OrderPlaced', %s) "
                "RETURNING id) SELECT pg_notify(%s, '') FROM sent",
                (queue, data, CHANNEL),
            )

        try:
            yield partial(_seconds, enqueue, clock)
        finally:
            process.terminate()
            process.wait()


@contextmanager
def _ours() -> Iterator[Slice]:
    (order,) = orders(1)
    with (
        _clock_socket() as clock,
        worker("awaited", BENCHMARK_SOCKET=clock.getsockname()),
    ):
        enqueue = partial(eventstreaming.enqueue, "awaited", order)
        yield partial(_seconds, enqueue, clock)


@contextmanager
def _clock_socket() -> Iterator[socket.socket]:
    """Make a socket that handlers send the time of their start to."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as clock,
    ):
        clock.bind(str(Path(folder, "clock")))
        clock.settimeout(PATIENCE)
        yield clock


def _seconds(enqueue: Callable[[], object], clock: socket.socket) -> float:
    # Long enough for a worker to fall asleep, never in step with its looks.
    time.sleep(random.uniform(0.3, 1.3))
    began = time.monotonic_ns()
    enqueue()
    return (int(clock.recv(64)) - began) / 1e6
