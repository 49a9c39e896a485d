"""Whether it gets slower with history, and what memory a long read takes."""

import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from benchmarks.database import NAME, empty_database
from benchmarks.history import SHORT, fill
from benchmarks.protocol import Child
from benchmarks.raw.connecting import connect
from benchmarks.scenario import OURS, RAW, Scenario, Slice

YOUNG = 10_000
TURNS = 8


def scenarios(*, events: int) -> list[Scenario]:
    prepare = partial(_prepare, events)
    return [
        *(
            Scenario(
                name=f"{do}, {2 * events:,} events",
                unit=f"of {YOUNG:,}",
                bound=0.9,
                rounds=7,
                prepare=prepare,
                contenders={
                    RAW: partial(_growing, "raw", do, arguments, events),
                    OURS: partial(_growing, "ours", do, arguments, events),
                },
            )
            for do, arguments in (
                ("append", {"times": 40}),
                ("read", {"times": 40, "short_streams": YOUNG // 2 // SHORT}),
            )
        ),
        Scenario(
            name=f"memory, read_stream {events:,}",
            unit="MB more",
            bound=30,
            is_cost=True,
            rounds=2,
            warm=False,
            prepare=prepare,
            contenders={
                RAW: partial(_reading, "raw", events),
                OURS: partial(_reading, "ours", events),
            },
        ),
    ]


@contextmanager
def _growing(
    kind: str, do: str, arguments: dict[str, int], events: int
) -> Iterator[Slice]:
    """Time `do` on a young and an old database in turn: old by young."""
    with ExitStack() as stack:
        url = stack.enter_context(
            empty_database(os.environ["DATABASE_URL"], f"{NAME}_young_{kind}")
        )
        young = stack.enter_context(_child("grown", kind, DATABASE_URL=url))
        old = stack.enter_context(_child("grown", kind))
        young.ask("prepare", long=YOUNG // 2, short_streams=YOUNG // 2 // SHORT)
        old.ask("prepare", long=events, short_streams=events // SHORT)

        def run() -> float:
            return statistics.median(
                1 / (young.ask(do, **arguments) / old.ask(do, **arguments))
                for _ in range(TURNS)
            )

        yield run


@contextmanager
def _reading(kind: str, events: int) -> Iterator[Slice]:
    def run() -> float:
        with _child("rereader", kind) as child:  # a new one: a peak never sinks
            return child.ask("read", count=events)

    yield run


def _child(module: str, kind: str, **environment: str) -> Child:
    command = [sys.executable, "-m", f"benchmarks.children.{module}", kind]
    return Child(command, **{**os.environ, **environment})


def _prepare(events: int) -> None:
    with connect() as connection:
        fill(connection, long=events, short_streams=events // SHORT)
