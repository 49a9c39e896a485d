"""A subscription whose handler does nothing, and one that waits for an event."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from psycopg import Connection

import eventstreaming
from benchmarks.clocks import clock_socket, milliseconds_to
from benchmarks.history import LONG_STREAM, SHORT, fill
from benchmarks.payloads import orders
from benchmarks.peers import catalogue
from benchmarks.peers.contenders import calling
from benchmarks.raw import events as raw
from benchmarks.raw.connecting import connect
from benchmarks.scenario import OURS, RAW, Scenario, Slice
from benchmarks.scenarios.workers import PATIENCE, worker

EVENTS = 5_000
CHANNEL = "benchmark-events"
FOLLOWED, AWAITED = "followed-events", "awaited-events"


def scenarios(*, events: int) -> list[Scenario]:
    return [
        Scenario(
            name=f"subscription, {EVENTS:,} events",
            unit="events/s",
            wanted=0.4,
            rounds=7,
            prepare=partial(_prepare, events),
            contenders={
                RAW: _raw,
                OURS: _ours,
                **calling(
                    [catalogue.EVENTSOURCING],
                    "subscribe",
                    filled={"streams": 1, "count": EVENTS},
                    count=EVENTS,
                ),
            },
        ),
        Scenario(
            name="append to handler",
            unit="ms",
            wanted=1.4,
            rounds=30,
            share=3,
            is_cost=True,
            contenders={RAW: _raw_waking, OURS: _our_waking},
        ),
    ]


def _prepare(events: int) -> None:
    with connect() as connection:
        fill(connection, long=events, short_streams=events // SHORT)


@contextmanager
def _raw() -> Iterator[Slice]:
    with connect() as connection:

        def run() -> float:
            began = time.perf_counter()
            for _ in raw.read_long_stream(connection, LONG_STREAM, EVENTS):
                pass
            return EVENTS / (time.perf_counter() - began)

        yield run


@contextmanager
def _ours() -> Iterator[Slice]:
    """Let a worker follow a stream that grows by many events at once."""
    (order,) = orders(1)
    eventstreaming.create_stream(FOLLOWED)
    with connect() as connection, worker(FOLLOWED):
        eventstreaming.append(FOLLOWED, order)
        _wait_for(connection, 0)

        def run() -> float:
            before = _place(connection)
            raw.append_many(connection, FOLLOWED, orders(EVENTS))
            (last,) = eventstreaming.append(FOLLOWED, order)  # the worker is woken
            first = _wait_for(connection, before + 1)
            began = time.perf_counter()
            _wait_for(connection, last.offset)
            return (last.offset - first) / (time.perf_counter() - began)

        yield run


def _wait_for(connection: Connection, offset: int) -> int:
    """Wait until the subscription has come to an offset; return where it is."""
    deadline = time.monotonic() + PATIENCE
    while (place := _place(connection)) < offset:
        if time.monotonic() > deadline:
            raise AssertionError("the subscription does not go on")
        time.sleep(0.002)
    return place


def _place(connection: Connection) -> int:
    rows = connection.execute(
        'SELECT "offset" FROM eventstreaming_checkpoint AS c '
        "JOIN eventstreaming_subscription AS s ON s.id = c.subscription_id "
        "WHERE s.name = %s",
        (FOLLOWED,),
    ).fetchall()
    return -1 if not rows or rows[0][0] is None else rows[0][0]


@contextmanager
def _raw_waking() -> Iterator[Slice]:
    (order,) = orders(1)
    stream_name = f"{AWAITED}-raw"
    eventstreaming.create_stream(stream_name)
    with clock_socket() as clock, connect() as connection:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.children.reader", stream_name, CHANNEL],
            env={**os.environ, "BENCHMARK_SOCKET": clock.getsockname()},
        )
        append = partial(raw.append_and_notify, connection, stream_name, order, CHANNEL)
        try:
            yield partial(milliseconds_to, append, clock)
        finally:
            process.terminate()
            process.wait()


@contextmanager
def _our_waking() -> Iterator[Slice]:
    (order,) = orders(1)
    eventstreaming.create_stream(AWAITED)
    with (
        clock_socket() as clock,
        worker(AWAITED, BENCHMARK_SOCKET=clock.getsockname()),
    ):
        append = partial(eventstreaming.append, AWAITED, order)
        yield partial(milliseconds_to, append, clock)
