"""Enqueueing 1 and 1,000 messages; taking and acknowledging them by 1 and by 100."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import eventstreaming
from benchmarks.payloads import orders
from benchmarks.peers import catalogue
from benchmarks.peers.contenders import calling
from benchmarks.raw import messages as raw
from benchmarks.raw.connecting import connect
from benchmarks.scenario import OURS, PLAIN, RAW, Opener, Scenario, Slice


def scenarios() -> list[Scenario]:
    return [
        _enqueueing("enqueue 1", 1, times=150, wanted=0.7),
        _enqueueing("enqueue 1,000", 1_000, times=4, wanted=0.6),
        _dequeueing("dequeue + acknowledge 1", 1, times=100, wanted=0.6),
        _dequeueing("dequeue + acknowledge 100", 100, times=10, wanted=0.6),
    ]


def _enqueueing(name: str, count: int, *, times: int, wanted: float) -> Scenario:
    return Scenario(
        name=name,
        unit="messages/s",
        wanted=wanted,
        contenders={
            RAW: partial(_raw_enqueue, count, times),
            OURS: partial(_our_enqueue, count, times, "default"),
            PLAIN: partial(_our_enqueue, count, times, "plain"),
            **_peers("enqueue", count, times),
        },
    )


def _peers(do: str, count: int, times: int) -> Mapping[str, Opener]:
    """Return the peers; some take seconds for what others do in one slice."""
    fewer = max(1, times // 4)
    return calling(catalogue.QUEUES, do, count=count, times=fewer)


@contextmanager
def _raw_enqueue(count: int, times: int) -> Iterator[Slice]:
    enqueue = raw.enqueue_one if count == 1 else raw.enqueue_many
    with connect() as connection:
        yield partial(_enqueue_slice, partial(enqueue, connection), count, times)


@contextmanager
def _our_enqueue(count: int, times: int, store: str) -> Iterator[Slice]:
    enqueue = eventstreaming.enqueue if count == 1 else eventstreaming.enqueue_many
    yield partial(_enqueue_slice, partial(enqueue, store=store), count, times)


def _enqueue_slice(enqueue: Callable[..., Any], count: int, times: int) -> float:
    work: list[Any] = [orders(count) for _ in range(times)]
    if count == 1:
        work = [messages[0] for messages in work]
    began = time.perf_counter()
    for item in work:
        enqueue("enqueued", item)
    rate = count * times / (time.perf_counter() - began)
    clear()
    return rate


def _dequeueing(name: str, count: int, *, times: int, wanted: float) -> Scenario:
    return Scenario(
        name=name,
        unit="messages/s",
        wanted=wanted,
        contenders={
            RAW: partial(_raw_dequeue, count, times),
            OURS: partial(_our_dequeue, count, times, "default"),
            PLAIN: partial(_our_dequeue, count, times, "plain"),
            **_peers("dequeue", count, times),
        },
    )


@contextmanager
def _raw_dequeue(count: int, times: int) -> Iterator[Slice]:
    with connect() as connection:

        def take_one(queue: str) -> int:
            (row,) = raw.claim(connection, queue, 1)
            return int(raw.acknowledge_one(connection, row))

        def take_many(queue: str) -> int:
            rows = raw.claim(connection, queue, count)
            return raw.acknowledge_many(connection, rows)

        yield partial(
            _dequeue_slice, take_one if count == 1 else take_many, count, times
        )


@contextmanager
def _our_dequeue(count: int, times: int, store: str) -> Iterator[Slice]:
    def take_one(queue: str) -> int:
        message = eventstreaming.dequeue(queue, store=store)
        message.acknowledge()
        return 1

    def take_many(queue: str) -> int:
        messages = eventstreaming.dequeue_many(queue, count, store=store)
        lost = eventstreaming.acknowledge_many(queue, messages, store=store)
        return len(messages) - len(lost)

    yield partial(_dequeue_slice, take_one if count == 1 else take_many, count, times)


def _dequeue_slice(take: Callable[[str], int], count: int, times: int) -> float:
    fill("dequeued", count * times)
    began = time.perf_counter()
    for _ in range(times):
        if take("dequeued") != count:
            raise AssertionError("messages are missing")
    return count * times / (time.perf_counter() - began)


def fill(queue: str, count: int) -> None:
    """Put messages into a queue, and let the planner know, as autovacuum would."""
    with connect() as connection:
        raw.enqueue_many(connection, queue, orders(count))
        connection.execute("VACUUM (ANALYZE) eventstreaming_message")


def clear() -> None:
    """Remove all messages and what they leave."""
    with connect() as connection:
        connection.execute("DELETE FROM eventstreaming_message")
        connection.execute("VACUUM eventstreaming_message")
