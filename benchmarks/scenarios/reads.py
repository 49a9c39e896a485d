"""Reading 100,000 events, and a stream of 50 events among a million."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import eventstreaming
from benchmarks.history import LONG_STREAM, SHORT, fill
from benchmarks.peers import catalogue
from benchmarks.peers.contenders import calling
from benchmarks.raw import events as raw
from benchmarks.raw.connecting import connect
from benchmarks.scenario import OURS, PLAIN, RAW, Opener, Scenario, Slice

LONG = 100_000
SHORT_READS = 100


def scenarios(*, events: int) -> list[Scenario]:
    """Return them; the long stream has `events`, and so have the short together."""
    streams = events // SHORT
    prepare = partial(_prepare, events)
    return [
        Scenario(
            name=f"read_all {LONG:,} events",
            unit="events/s",
            wanted=0.45,
            rounds=7,
            prepare=prepare,
            contenders={RAW: _raw_all, OURS: _our_all},
        ),
        Scenario(
            name=f"read_stream {LONG:,} events",
            unit="events/s",
            wanted=0.45,
            rounds=7,
            prepare=prepare,
            contenders={
                RAW: _raw_long,
                OURS: _our_long,
                **_peers(LONG, streams=1, times=1, per_read=LONG),
            },
        ),
        Scenario(
            name=f"read {SHORT} events among {2 * events:,}",
            unit="streams/s",
            wanted=0.6,
            prepare=prepare,
            contenders={
                RAW: partial(_raw_short, streams),
                OURS: partial(_our_short, streams, "default"),
                PLAIN: partial(_our_short, streams, "plain"),
                **_peers(SHORT, streams=2_000, times=SHORT_READS, per_read=1),
            },
        ),
    ]


def _peers(
    count: int, *, streams: int, times: int, per_read: int
) -> Mapping[str, Opener]:
    """Return the peers, with fewer events in their tables: filling takes long."""
    return calling(
        catalogue.EVENT_STORES,
        "read",
        filled={"streams": streams, "count": count},
        count=count,
        times=times,
        stride=37,
        per_read=per_read,
    )


def _prepare(events: int) -> None:
    with connect() as connection:
        fill(connection, long=events, short_streams=events // SHORT)


@contextmanager
def _raw_all() -> Iterator[Slice]:
    with connect() as connection:
        yield partial(_timed, partial(raw.read_all, connection, _start(), LONG), LONG)


@contextmanager
def _our_all() -> Iterator[Slice]:
    yield partial(_timed, partial(eventstreaming.read_all, _start(), limit=LONG), LONG)


@contextmanager
def _raw_long() -> Iterator[Slice]:
    with connect() as connection:
        read = partial(raw.read_long_stream, connection, LONG_STREAM, LONG)
        yield partial(_timed, read, LONG)


@contextmanager
def _our_long() -> Iterator[Slice]:
    yield partial(
        _timed, partial(eventstreaming.read_stream, LONG_STREAM, limit=LONG), LONG
    )


def _timed(read: Callable[[], Iterable[Any]], count: int) -> float:
    began = time.perf_counter()
    found = sum(1 for _ in read())
    seconds = time.perf_counter() - began
    if found != count:
        raise AssertionError(f"read {found} events, not {count}")
    return count / seconds


@contextmanager
def _raw_short(streams: int) -> Iterator[Slice]:
    with connect() as connection:
        yield partial(
            _timed_short,
            lambda name: raw.read_stream(connection, name, SHORT),
            _names(streams),
        )


@contextmanager
def _our_short(streams: int, store: str) -> Iterator[Slice]:
    yield partial(
        _timed_short,
        lambda name: list(eventstreaming.read_stream(name, store=store)),
        _names(streams),
    )


def _names(streams: int) -> Iterator[str]:
    """Yield the same names for every contender, in the same order."""
    draw = random.Random(7).randint
    while True:
        yield f"history-{draw(1, streams)}"


def _timed_short(read: Callable[[str], list[Any]], names: Iterator[str]) -> float:
    chosen = [next(names) for _ in range(SHORT_READS)]
    began = time.perf_counter()
    for name in chosen:
        if len(read(name)) != SHORT:
            raise AssertionError(f"{name} has not {SHORT} events")
    return SHORT_READS / (time.perf_counter() - began)


def _start() -> int:
    """Return a position where the events of many streams follow each other."""
    return next(eventstreaming.read_stream("history-1")).position
