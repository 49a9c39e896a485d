"""Many connections that commit at once, with notification and without."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from django.db import connection

from benchmarks.protocol import Child
from benchmarks.raw.connecting import connect
from benchmarks.scenario import OURS, Scenario, Slice
from eventstreaming.backends.statements import statement

PROCESSES, CONNECTIONS_EACH = 4, 8
COMMITS_EACH = 25  # in one slice; over the rounds each makes about a thousand

SILENT = "without notification"


def scenarios() -> list[Scenario]:
    connections = PROCESSES * CONNECTIONS_EACH
    return [
        Scenario(
            name=f"{connections} connections enqueue",
            unit="commits/s",
            baseline=SILENT,
            wanted=0.9,
            rounds=40,
            contenders={
                SILENT: partial(_commits, "silent"),
                OURS: partial(_commits, "default"),
            },
        )
    ]


@contextmanager
def _commits(store: str) -> Iterator[Slice]:
    """Let each connection enqueue to a queue of its own, while somebody listens."""
    program = [sys.executable, "-m", "benchmarks.children.committer", store]
    with ExitStack() as stack:
        listener = stack.enter_context(connect())
        ((channel, _),) = listener.execute(statement("channel")).fetchall()
        listener.execute(f'LISTEN "{channel}"')
        children = [
            stack.enter_context(Child([*program, str(number), str(CONNECTIONS_EACH)]))
            for number in range(PROCESSES)
        ]

        def run() -> float:
            began = time.perf_counter()
            for child in children:
                child.tell("commit", times=COMMITS_EACH)
            for child in children:
                child.answer()
            seconds = time.perf_counter() - began
            for _ in listener.notifies(timeout=0):
                pass
            with connection.cursor() as cursor:  # all slices begin with empty tables
                cursor.execute("TRUNCATE eventstreaming_message")
            return PROCESSES * CONNECTIONS_EACH * COMMITS_EACH / seconds

        yield run
