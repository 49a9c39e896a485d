"""Appends in transactions that go on, and what the fence costs an append."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from django.db import connection, transaction

import eventstreaming
from benchmarks.payloads import orders
from benchmarks.protocol import Child
from benchmarks.scenario import OURS, Scenario, Slice

APPENDERS = 8
TIMES_EACH = 12
PAUSE = 0.005  # seconds that a transaction goes on after its append
STREAMS = 2_000
APPENDS = 200

SERIAL = "one serial stream"
UNMARKED = "without trigger and fence"


def scenarios() -> list[Scenario]:
    return [
        _going_on("a concurrent stream", "append", wanted=5, concurrent=True),
        _going_on(f"{STREAMS:,} serial streams", "append", wanted=5, streams=STREAMS),
        _going_on("deferred appends", "defer", wanted=3),
        Scenario(
            name="append with trigger and fence",
            unit="events/s",
            baseline=UNMARKED,
            wanted=0.8,  # it costs at most 1.25 times as much
            contenders={
                UNMARKED: partial(_marking, "DISABLE"),
                OURS: partial(_marking, "ENABLE ALWAYS"),
            },
        ),
    ]


def _going_on(
    title: str,
    command: str,
    *,
    wanted: float,
    streams: int = 1,
    concurrent: bool = False,
) -> Scenario:
    return Scenario(
        name=f"5 ms transactions, {title}",
        unit="events/s",
        baseline=SERIAL,
        wanted=wanted,
        contenders={
            SERIAL: partial(_transactors, "append", ["busy-serial"]),
            OURS: partial(
                _transactors,
                command,
                [f"busy-{command}{concurrent}-{number}" for number in range(streams)],
                concurrent=concurrent,
            ),
        },
    )


@contextmanager
def _transactors(
    command: str, names: list[str], *, concurrent: bool = False
) -> Iterator[Slice]:
    with transaction.atomic():
        for name in names:
            eventstreaming.create_stream(name, concurrent=concurrent)
    program = [sys.executable, "-m", "benchmarks.children.transactor"]
    with ExitStack() as stack:
        children = [
            stack.enter_context(Child([*program, str(number)]))
            for number in range(APPENDERS)
        ]

        def run() -> float:
            began = time.perf_counter()
            for child in children:
                child.tell(command, names=names, times=TIMES_EACH, pause=PAUSE)
            for child in children:
                child.answer()
            return APPENDERS * TIMES_EACH / (time.perf_counter() - began)

        yield run


@contextmanager
def _marking(state: str) -> Iterator[Slice]:
    (order,) = orders(1)
    names = [f"marking-{number}" for number in range(50)]
    for name in names:
        eventstreaming.create_stream(name)

    def run() -> float:
        _set_trigger(state)
        try:
            for name in names:  # after the change, statements are planned again
                eventstreaming.append(name, order)
            began = time.perf_counter()
            for turn in range(APPENDS):
                eventstreaming.append(names[turn % len(names)], order)
            return APPENDS / (time.perf_counter() - began)
        finally:
            _set_trigger("ENABLE ALWAYS")

    yield run


def _set_trigger(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE eventstreaming_event {state} TRIGGER eventstreaming_mark"
        )
