"""Async handlers run side by side on one loop, with connections of their own."""

import asyncio
import logging
import threading
import time

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from eventstreaming import Message, dead_letters, enqueue, enqueue_many, queue_info
from eventstreaming.events.logging import CorrelationFilter
from eventstreaming.processing import coroutines
from eventstreaming.processing.registry import Handlers, QueueHandler
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.processing.worker import Worker
from tests.sessions import execute
from tests.workerapp.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)


def handlers(**functions: object) -> Handlers:
    registry = Handlers()
    for queue, function in functions.items():
        registry.add_queue(
            QueueHandler(
                queue=queue,
                function=function,  # type: ignore[arg-type]
                retry=RetryPolicy(max_attempts=1),
                visibility_timeout=30,
                store="default",
            )
        )
    return registry


def drain(registry: Handlers, async_concurrency: int = 20) -> None:
    worker = Worker(
        threads=1, async_concurrency=async_concurrency, batch=True, registry=registry
    )
    assert worker.run()


def backends() -> int:
    """Return how many sessions the test's database has."""
    ((count,),) = execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    )
    return int(count)


def test_rollback_of_one_coroutine_leaves_the_write_of_another() -> None:
    both_have_written = threading.Barrier(2, timeout=10)

    def write(number: int, *, fail: bool) -> None:
        with transaction.atomic():
            Effect.objects.create(kind="async", number=number)
            both_have_written.wait()
            if fail:
                raise ValueError("roll back")

    async def handle(message: Message) -> None:
        await sync_to_async(write)(**message.data)

    enqueue("work", {"number": 1, "fail": True})
    enqueue("work", {"number": 2, "fail": False})
    drain(handlers(work=handle))
    assert list(Effect.objects.values_list("number", flat=True)) == [2]
    assert [letter.data["number"] for letter in dead_letters("work")] == [1]


def test_transaction_that_a_coroutine_left_open_is_not_the_next_ones() -> None:
    async def handle(message: Message) -> None:
        await sync_to_async(transaction.set_autocommit)(not message.data["leave"])
        await Effect.objects.acreate(kind="async", number=message.data["leave"])

    enqueue("work", {"leave": 1})
    enqueue("work", {"leave": 0})
    drain(handlers(work=handle), async_concurrency=1)
    assert list(Effect.objects.values_list("number", flat=True)) == [0]


def test_as_many_run_as_there_is_room_for_on_one_loop() -> None:
    loops, running, most = set(), 0, 0

    async def handle(message: Message) -> None:
        nonlocal running, most
        loops.add(asyncio.get_running_loop())
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1

    enqueue_many("work", [{}] * 60)
    drain(handlers(work=handle), async_concurrency=15)
    assert (most, len(loops)) == (15, 1)
    assert queue_info("work").depth == 0


def test_connections_of_coroutines_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of an idle seat while the worker runs, all when it ends."""
    monkeypatch.setattr(coroutines, "IDLE_SECONDS", 0.2)
    before = backends()
    most = 0

    async def handle(message: Message) -> None:
        nonlocal most
        await sync_to_async(backends)()
        await asyncio.sleep(0.1)  # till all have a connection
        most = max(most, await sync_to_async(backends)())

    enqueue_many("work", [{}] * 5)
    worker = Worker(registry=handlers(work=handle))
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        wait_until_equal(lambda: queue_info("work").depth, 0)
        assert most >= before + 5
        wait_until_equal(lambda: backends() <= most - 5, True)
    finally:
        worker.stop()
        thread.join()
    wait_until_equal(lambda: backends() - before <= 1, True)


def test_coroutine_that_exits_is_a_failed_attempt() -> None:
    async def handle(message: Message) -> None:
        if message.data["exit"]:
            raise SystemExit(3)
        await Effect.objects.acreate(kind="async", number=1)

    enqueue("work", {"exit": True})
    enqueue("work", {"exit": False})
    drain(handlers(work=handle))
    assert [letter.reason for letter in dead_letters()] == ["max_attempts"]
    assert Effect.objects.count() == 1


def test_log_records_say_what_is_handled() -> None:
    seen: set[tuple[object, ...]] = set()

    def note() -> None:
        record = logging.LogRecord("x", logging.INFO, "", 0, "text", None, None)
        CorrelationFilter().filter(record)
        seen.add(
            tuple(
                record.__dict__[name]
                for name in ("queue", "message_id", "attempt", "correlation_id")
            )
        )

    async def asynchronous(message: Message) -> None:
        await asyncio.sleep(0.01)
        await sync_to_async(note)()

    def plain(message: Message) -> None:
        note()

    first = enqueue("one", {}, correlation_id="story-1")
    second = enqueue("two", {}, correlation_id="story-2")
    drain(handlers(one=asynchronous, two=plain))
    note()
    assert seen == {
        ("one", first, 1, "story-1"),
        ("two", second, 1, "story-2"),
        ("-", "-", "-", "-"),
    }


def wait_until_equal(look: object, wanted: object) -> None:
    deadline = time.monotonic() + 10
    while (found := look()) != wanted:  # type: ignore[operator]
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
