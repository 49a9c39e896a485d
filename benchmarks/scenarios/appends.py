"""Appending 1, 100 and 1,000 events, and eight processes on one stream."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import psycopg

import eventstreaming
from benchmarks.database import NAME, migrated_database
from benchmarks.peers import catalogue
from benchmarks.peers.contenders import calling, crowding
from benchmarks.protocol import Child
from benchmarks.scenario import OURS, PLAIN, RAW, Scenario, Slice
from eventstreaming.backends.statements import statement

STREAMS = 50
CATEGORY = "order"
APPENDERS = 8
APPENDS_EACH = 500  # so long that their beginning does not count
SLOW_APPENDS_EACH = 25
FLUSH = 2  # milliseconds that a commit takes at least, where disks are to matter
# Slept before each flush, by whoever flushes for all that wait to commit.
SLOWER = f"-c commit_delay={FLUSH * 1000} -c commit_siblings=0"


def scenarios() -> list[Scenario]:
    return [
        # Some of these are close to each other, and slices differ by a fifth.
        _appending(
            "append 1", 1, times=100, wanted=0.7, rounds=400, share=4, sittings=10
        ),
        _appending("append 100", 100, times=10),
        _appending("append 1,000", 1_000, times=2, wanted=0.5),
        Scenario(
            name=f"{APPENDERS} appenders on one stream",
            unit="events/s",
            contenders={
                RAW: partial(_appenders, "raw"),
                OURS: partial(_appenders, "default"),
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
            share=3,  # its slices are long
            contenders={
                RAW: partial(_appenders, "raw"),
                OURS: partial(_appenders, "default", concurrent=True),
            },
        ),
        Scenario(
            name=f"{APPENDERS} appenders, concurrent stream, {FLUSH} ms commits",
            unit="events/s",
            wanted=2.0,
            contenders={
                RAW: partial(_appenders, "raw", slower=True),
                OURS: partial(_appenders, "default", concurrent=True, slower=True),
            },
        ),
    ]


def _appending(
    name: str,
    count: int,
    *,
    times: int,
    wanted: float | None = None,
    rounds: int = 15,
    share: float = 1,
    sittings: int = 1,
) -> Scenario:
    return Scenario(
        name=name,
        unit="events/s",
        wanted=wanted,
        rounds=rounds,
        share=share,
        sittings=sittings,
        contenders={
            RAW: partial(_alone, "raw", count, times),
            OURS: partial(_alone, "default", count, times),
            PLAIN: partial(_alone, "plain", count, times),
            **calling(catalogue.EVENT_STORES, "append", count=count, times=times),
        },
    )


@contextmanager
def _alone(kind: str, count: int, times: int) -> Iterator[Slice]:
    """Append in a process and a database of its own, as the other libraries do."""
    with migrated_database(f"{NAME}_{kind}") as url:
        _create_streams(url)
        with Child(_command(kind), **{**os.environ, "DATABASE_URL": url}) as child:
            yield partial(
                child.ask,
                "rate",
                prefix=CATEGORY,
                streams=STREAMS,
                count=count,
                times=times,
            )


def _create_streams(url: str) -> None:
    with psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        for number in range(STREAMS):
            name = f"{CATEGORY}-{number}"
            named = {"stream_name": name, "category": CATEGORY, "kind": None}
            connection.execute(statement("create_stream"), named)


@contextmanager
def _appenders(
    kind: str, *, concurrent: bool = False, slower: bool = False
) -> Iterator[Slice]:
    stream_name = f"crowded-{kind}-{concurrent}"
    eventstreaming.create_stream(stream_name, concurrent=concurrent)
    times = SLOW_APPENDS_EACH if slower else APPENDS_EACH
    environment = {**os.environ, **({"PGOPTIONS": SLOWER} if slower else {})}
    with ExitStack() as stack:
        children = [
            stack.enter_context(Child(_command(kind), **environment))
            for _ in range(APPENDERS)
        ]

        def run() -> float:
            began = time.perf_counter()
            for child in children:
                child.tell("append", stream_name=stream_name, times=times)
            for child in children:
                child.answer()
            return APPENDERS * times / (time.perf_counter() - began)

        yield run


def _command(kind: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.children.appender", kind]
