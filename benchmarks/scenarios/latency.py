"""From `enqueue` to the start of the handler, on a worker that has nothing to do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import eventstreaming
from benchmarks.clocks import clock_socket, milliseconds_to
from benchmarks.payloads import orders
from benchmarks.peers import catalogue
from benchmarks.peers.contenders import waking
from benchmarks.raw.connecting import connect
from benchmarks.scenario import OURS, RAW, Scenario, Slice
from benchmarks.scenarios.workers import worker

CHANNEL = "benchmark"


def scenarios() -> list[Scenario]:
    return [
        Scenario(
            name="idle latency",
            unit="ms",
            wanted=1.6,
            rounds=30,
            share=3,
            is_cost=True,
            contenders={RAW: _raw, OURS: _ours, **waking(catalogue.QUEUES)},
        ),
        Scenario(
            name="idle latency, slowest in 100",
            unit="ms",
            wanted=3.0,
            rounds=120,
            share=6,
            quantile=0.99,
            is_cost=True,
            contenders={RAW: _raw, OURS: _ours},
        ),
    ]


@contextmanager
def _raw() -> Iterator[Slice]:
    queue = "awaited-raw"
    with clock_socket() as clock, connect() as connection:
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
            yield partial(milliseconds_to, enqueue, clock)
        finally:
            process.terminate()
            process.wait()


@contextmanager
def _ours() -> Iterator[Slice]:
    (order,) = orders(1)
    with (
        clock_socket() as clock,
        worker("awaited", BENCHMARK_SOCKET=clock.getsockname()),
    ):
        enqueue = partial(eventstreaming.enqueue, "awaited", order)
        yield partial(milliseconds_to, enqueue, clock)
