"""Appending 1, 100 and 1,000 events, and eight processes on one stream."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import eventstreaming
from benchmarks.payloads import orders
from benchmarks.peers import catalogue
from benchmarks.peers.contenders import calling, crowding
from benchmarks.protocol import Child
from benchmarks.raw import events as raw
from benchmarks.raw.connecting import connect
from benchmarks.scenario import OURS, PLAIN, RAW, Scenario, Slice

STREAMS = 50
APPENDERS = 8
APPENDS_EACH = 200  # enough for the eight to have begun
SLOW_APPENDS_EACH = 25
FLUSH = 2  # milliseconds that a commit takes at least, where disks are to matter
# Slept before each flush, by whoever flushes for all that wait to commit.
SLOWER = f"-c commit_delay={FLUSH * 1000} -c commit_siblings=0"


def scenarios() -> list[Scenario]:
    return [
        _appending("append 1", 1, times=150, wanted=0.7),
        _appending("append 100", 100, times=10),
        _appending("append 1,000", 1_000, times=2, wanted=0.5),
        Scenario(
            name=f"{APPENDERS} appenders on one stream",
            unit="events/s",
            contenders={
                RAW: partial(_appenders, "raw"),
                OURS: partial(_appenders, "ours"),
                **crowding(
                    [catalogue.MESSAGE_DB],
                    "append_to_one",
                    processes=APPENDERS,
                    times=APPENDS_EACH,
                ),
            },
        ),
        Scenario(
            name=f"{APPENDERS} appenders, concurrent stream",
            unit="events/s",
            wanted=2.0,
            contenders={
                RAW: partial(_appenders, "raw"),
                OURS: partial(_appenders, "ours", concurrent=True),
            },
        ),
        Scenario(
            name=f"{APPENDERS} appenders, concurrent stream, {FLUSH} ms commits",
            unit="events/s",
            wanted=2.0,
            contenders={
                RAW: partial(_appenders, "raw", slower=True),
                OURS: partial(_appenders, "ours", concurrent=True, slower=True),
            },
        ),
    ]


def _appending(
    name: str, count: int, *, times: int, wanted: float | None = None
) -> Scenario:
    return Scenario(
        name=name,
        unit="events/s",
        wanted=wanted,
        contenders={
            RAW: partial(_raw, count, times),
            OURS: partial(_ours, count, times, "default"),
            PLAIN: partial(_ours, count, times, "plain"),
            **calling(catalogue.EVENT_STORES, "append", count=count, times=times),
        },
    )


@contextmanager
def _raw(count: int, times: int) -> Iterator[Slice]:
    append = raw.append_one if count == 1 else raw.append_many
    with connect() as connection:
        yield partial(_slice, partial(append, connection), f"raw{count}", count, times)


@contextmanager
def _ours(count: int, times: int, store: str) -> Iterator[Slice]:
    append = partial(eventstreaming.append, store=store)
    yield partial(_slice, append, f"{store}{count}", count, times)


def _slice(append: Callable[..., Any], prefix: str, count: int, times: int) -> float:
    names = [f"{prefix}-{number}" for number in range(STREAMS)]
    for name in names:
        eventstreaming.create_stream(name)
    work: list[tuple[str, Any]] = [
        (names[turn % STREAMS], orders(count)) for turn in range(times)
    ]
    if count == 1:
        work = [(name, events[0]) for name, events in work]
    began = time.perf_counter()
    for name, events in work:
        append(name, events)
    return count * times / (time.perf_counter() - began)


@contextmanager
def _appenders(
    kind: str, *, concurrent: bool = False, slower: bool = False
) -> Iterator[Slice]:
    stream_name = f"crowded-{kind}-{concurrent}"
    eventstreaming.create_stream(stream_name, concurrent=concurrent)
    command = [sys.executable, "-m", "benchmarks.children.appender", kind]
    times = SLOW_APPENDS_EACH if slower else APPENDS_EACH
    environment = {**os.environ, **({"PGOPTIONS": SLOWER} if slower else {})}
    with ExitStack() as stack:
        children = [
            stack.enter_context(Child(command, **environment)) for _ in range(APPENDERS)
        ]

        def run() -> float:
            began = time.perf_counter()
            for child in children:
                child.tell("append", stream_name=stream_name, times=times)
            for child in children:
                child.answer()
            return APPENDERS * times / (time.perf_counter() - began)

        yield run
