"""What a queue is like when it is long, when rows are dead, and what it writes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg

import eventstreaming
from benchmarks.payloads import orders
from benchmarks.peers import catalogue
from benchmarks.peers.contenders import calling
from benchmarks.raw import messages as raw
from benchmarks.raw.connecting import connect
from benchmarks.scenario import OURS, RAW, Opener, Scenario, Slice
from benchmarks.scenarios.queues import clear, fill

QUEUE = "backlog"
BATCH = 100
SHORT, LONG, DELAYED = 10_000, 1_000_000, 2_000_000
PINNED = 100_000  # messages that pass while a snapshot is held

Take = Callable[[], int]


def scenarios() -> list[Scenario]:
    return [
        Scenario(
            name="dequeue, snapshot held: end",
            unit="of the beginning",
            bound=0.7,
            rounds=2,
            warm=False,
            contenders={
                **_contenders(_pinned_slice),
                **calling(
                    [catalogue.PGMQ, catalogue.PGQUEUER],
                    "fade",
                    count=BATCH,
                    times=PINNED // BATCH,
                ),
            },
        ),
        Scenario(
            name="dequeue of 1,000,000",
            unit="of 10,000",
            bound=0.8,
            rounds=2,
            warm=False,
            contenders=_contenders(partial(_long_slice, ready=LONG)),
        ),
        Scenario(
            name="dequeue beside 2,000,000 later",
            unit="of 10,000",
            bound=0.8,
            rounds=2,
            warm=False,
            contenders=_contenders(partial(_long_slice, delayed=DELAYED)),
        ),
        Scenario(
            name="WAL, enqueue to acknowledge",
            unit="bytes a message",
            wanted=1.3,
            is_cost=True,
            rounds=5,
            contenders=_writers(_wal_slice),
        ),
        Scenario(
            name="heap-only updates",
            unit="of all",
            bound=0.95,
            rounds=3,
            contenders=_writers(_hot_slice),
        ),
    ]


def _contenders(run: Callable[[Take], float]) -> dict[str, Opener]:
    return {RAW: partial(_raw, run), OURS: partial(_ours, run)}


@contextmanager
def _raw(run: Callable[[Take], float]) -> Iterator[Slice]:
    with connect() as connection:

        def take() -> int:
            return raw.acknowledge_many(connection, raw.claim(connection, QUEUE, BATCH))

        yield partial(run, take)
    clear()


@contextmanager
def _ours(run: Callable[[Take], float]) -> Iterator[Slice]:
    def take() -> int:
        messages = eventstreaming.dequeue_many(QUEUE, BATCH)
        return len(messages) - len(eventstreaming.acknowledge_many(QUEUE, messages))

    yield partial(run, take)
    clear()


def _pinned_slice(take: Take) -> float:
    """Return the rate of the last tenth by that of the first."""
    clear()
    fill(QUEUE, PINNED)
    tenth = PINNED // 10
    with connect() as holder:
        holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        holder.execute("SELECT count(*) FROM eventstreaming_queue")
        first = _rate(take, tenth)
        for _ in range(8):
            _rate(take, tenth)
        last = _rate(take, tenth)
        holder.execute("ROLLBACK")
    return last / first


def _long_slice(take: Take, *, ready: int = 0, delayed: int = 0) -> float:
    """Return the rate at a long queue by that at 10,000 messages."""
    clear()
    fill(QUEUE, SHORT)
    short = _rate(take, SHORT // 2)
    clear()
    with connect() as connection:
        connection.execute(_FILL, {"queue": QUEUE, "ready": ready or SHORT})
        if delayed:
            connection.execute(_FILL_LATER, {"queue": QUEUE, "delayed": delayed})
        connection.execute("VACUUM (ANALYZE) eventstreaming_message")
    return _rate(take, SHORT // 2) / short


_FILL = """
INSERT INTO eventstreaming_message (queue, message_type, data)
SELECT %(queue)s, 'OrderPlaced', json_build_object('order_id', n, 'text', repeat('x', 150))
  FROM generate_series(1, %(ready)s) AS n
"""

_FILL_LATER = """
INSERT INTO eventstreaming_message (queue, message_type, data, state, due_at)
SELECT %(queue)s, 'OrderPlaced', json_build_object('order_id', n), 1,
       now() + n * interval '1 second' + interval '1 day'
  FROM generate_series(1, %(delayed)s) AS n
"""


def _rate(take: Take, count: int) -> float:
    taken = 0
    began = time.perf_counter()
    while taken < count:
        some = take()
        if not some:
            raise AssertionError("messages are missing")
        taken += some
    return taken / (time.perf_counter() - began)


def _writers(run: Callable[[Callable[[], Any], Take], float]) -> dict[str, Opener]:
    return {RAW: partial(_raw_writer, run), OURS: partial(_our_writer, run)}


@contextmanager
def _raw_writer(run: Callable[..., float]) -> Iterator[Slice]:
    with connect() as connection:

        def put() -> None:
            raw.enqueue_many(connection, QUEUE, orders(BATCH))

        with _raw(lambda take: run(put, take)) as slice_:
            yield slice_


@contextmanager
def _our_writer(run: Callable[..., float]) -> Iterator[Slice]:
    def put() -> None:
        eventstreaming.enqueue_many(QUEUE, orders(BATCH))

    with _ours(lambda take: run(put, take)) as slice_:
        yield slice_


def _pass(put: Callable[[], None], take: Take, batches: int) -> None:
    for _ in range(batches):
        put()
        if take() != BATCH:
            raise AssertionError("messages are missing")


def _wal_slice(put: Callable[[], None], take: Take) -> float:
    """Return the bytes of WAL for each message, without full-page images."""
    clear()
    batches = 50
    with connect() as watcher:
        try:
            watcher.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
        except psycopg.Error as error:
            raise AssertionError(f"pg_walinspect is needed: {error}") from error
        ((began,),) = watcher.execute("SELECT pg_current_wal_lsn()").fetchall()
        _pass(put, take, batches)
        ((size,),) = watcher.execute(
            "SELECT sum(record_size) FROM pg_get_wal_stats(%s::pg_lsn, "
            "pg_current_wal_flush_lsn(), false)",
            [began],
        ).fetchall()
    return float(size) / (batches * BATCH)


def _hot_slice(put: Callable[[], None], take: Take) -> float:
    """Return how many of the updates wrote to no index."""
    clear()
    with connect() as watcher:
        before = _updates(watcher)
        _pass(put, take, 50)
        time.sleep(1.1)  # a session reports once a second, at the end of a command
        _pass(put, take, 1)
        after = _updates(watcher)
    return (after[1] - before[1]) / (after[0] - before[0])


def _updates(watcher: psycopg.Connection) -> tuple[int, int]:
    watcher.execute("SELECT pg_stat_clear_snapshot()")
    ((updated, heap_only),) = watcher.execute(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables "
        "WHERE relname = 'eventstreaming_message'"
    ).fetchall()
    return updated, heap_only
