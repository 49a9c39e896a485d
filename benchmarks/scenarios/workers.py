"""Workers that drain messages whose handler does nothing."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from psycopg import Connection

from benchmarks.peers import catalogue
from benchmarks.peers.contenders import draining
from benchmarks.protocol import Child
from benchmarks.raw.connecting import connect
from benchmarks.scenario import OURS, RAW, Scenario, Slice
from benchmarks.scenarios.queues import fill
from eventstreaming import configure_queue

MESSAGES = 10_000
PATIENCE = 60.0


def scenarios() -> list[Scenario]:
    return [
        Scenario(
            name=f"worker, {processes} process{'es' if processes > 1 else ''}",
            unit="messages/s",
            wanted=0.45,
            rounds=7,
            contenders={
                RAW: partial(_raw, processes),
                OURS: partial(_ours, processes),
                **draining(catalogue.QUEUES, processes),
            },
        )
        for processes in (1, 2)
    ]


@contextmanager
def _raw(processes: int) -> Iterator[Slice]:
    queue = f"drained-raw-{processes}"
    command = [sys.executable, "-m", "benchmarks.children.drainer"]
    with ExitStack() as stack:
        connection = stack.enter_context(connect())
        children = [stack.enter_context(Child(command)) for _ in range(processes)]

        def start() -> None:
            for child in children:
                child.tell("drain", queue=queue)

        def run() -> float:
            fill(queue, MESSAGES)
            rate = drain_rate(connection, queue, start)
            for child in children:
                child.answer()
            return rate

        yield run


@contextmanager
def _ours(processes: int) -> Iterator[Slice]:
    queue = f"drained-{processes}"
    with ExitStack() as stack:
        connection = stack.enter_context(connect())
        stack.enter_context(worker(queue, processes))

        def run() -> float:
            # The workers look now and then, so they begin while the queue is
            # filled: a paused queue gives them nothing until it is complete. The end
            # of the pause wakes them all, as raw ones are told to begin.
            configure_queue(queue, paused=True)
            fill(queue, MESSAGES)
            return drain_rate(
                connection, queue, partial(configure_queue, queue, paused=False)
            )

        yield run


def drain_rate(
    connection: Connection, queue: str, start: Callable[[], object]
) -> float:
    """
    Return the messages per second from the first removal to the last.

    How long the first one takes to be noticed is the latency's scenario.
    """
    ((first, last),) = connection.execute(
        "SELECT min(id), max(id) FROM eventstreaming_message WHERE queue = %s",
        (queue,),
    ).fetchall()
    start()
    _wait(lambda: not _exists(connection, first))
    began, total = time.perf_counter(), _count(connection, queue)
    _wait(lambda: not _exists(connection, last))
    _wait(lambda: not _count(connection, queue))
    return total / (time.perf_counter() - began)


@contextmanager
def worker(name: str, processes: int = 1, **environment: str) -> Iterator[None]:
    """Run `runworker` for a queue or subscription until the block ends."""
    command = [sys.executable, "-m", "django", "runworker", name, "--verbosity=0"]
    process = subprocess.Popen(
        [*command, *([f"--processes={processes}"] if processes > 1 else [])],
        env={**os.environ, **environment},
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _exists(connection: Connection, number: int) -> bool:
    found = connection.execute(
        "SELECT 1 FROM eventstreaming_message WHERE id = %s", (number,)
    )
    return found.rowcount > 0


def _count(connection: Connection, queue: str) -> int:
    ((count,),) = connection.execute(
        "SELECT count(*) FROM eventstreaming_message WHERE queue = %s AND state = 0",
        (queue,),
    ).fetchall()
    return count


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("the workers do not drain the queue")
        time.sleep(0.002)
