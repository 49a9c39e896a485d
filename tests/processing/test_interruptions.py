"""Handlers that run too long, whose message is cancelled, or that do not end."""

import asyncio
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count

import pytest
from django.test import override_settings

from eventstreaming import (
    Message,
    cancel,
    configure_queue,
    dead_letters,
    enqueue,
    enqueue_many,
    queue_info,
)
from eventstreaming.backends.memory import reset
from eventstreaming.exceptions import (
    HandlerInterrupted,
    HandlerTimeout,
    InvalidValue,
    MessageCancelled,
)
from eventstreaming.processing import overseeing, registry, rooms
from eventstreaming.processing.interruptible import Interruptible
from eventstreaming.processing.registry import Handlers, queue_handler
from eventstreaming.processing.worker import Worker

MEMORY = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Handlers]:
    own = Handlers()
    monkeypatch.setattr(registry, "handlers", own)
    with override_settings(EVENT_STORES={"default": MEMORY}):
        reset()
        yield own
        reset()


@contextmanager
def working(handlers: Handlers, threads: int = 1) -> Iterator[Worker]:
    worker = Worker(threads=threads, async_concurrency=2, registry=handlers)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(10)
        assert not thread.is_alive()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def endless(seen: list[BaseException], *, swallow: bool = False) -> Callable[..., None]:
    """Make a handler that waits for ever; `swallow` lets it return then."""

    def handle(message: Message) -> None:
        try:
            while True:
                with suppress(Exception):  # as handlers like to do
                    time.sleep(0.005)
        except BaseException as error:
            seen.append(error)
            if not swallow:
                raise

    return handle


def endless_async(seen: list[BaseException]) -> Callable[..., object]:
    async def handle(message: Message) -> None:
        try:
            await asyncio.sleep(600)
        except BaseException as error:
            seen.append(error)
            raise

    return handle


@pytest.mark.parametrize("make", [endless, endless_async])
def test_handler_that_runs_too_long_is_a_failed_attempt(
    handlers: Handlers, make: Callable[..., Callable[..., None]]
) -> None:
    seen: list[BaseException] = []
    policy = queue_handler("slow", timeout=0.1, max_attempts=2, backoff=0)
    policy(make(seen))
    enqueue("slow", {})
    began = time.monotonic()
    assert Worker(threads=1, batch=True, registry=handlers).run()
    assert 0.2 <= time.monotonic() - began < 3
    (letter,) = dead_letters("slow")
    assert (letter.reason, letter.attempts) == ("max_attempts", 2)
    assert (
        "HandlerTimeout: queue 'slow': the handler ran longer than 0.1" in letter.error
    )
    assert __file__ in letter.error  # where it was
    assert {type(error) for error in seen} <= {HandlerTimeout, asyncio.CancelledError}
    assert len(seen) == 2


def test_queue_has_a_time_out_for_handlers_without_one(handlers: Handlers) -> None:
    """The handler's own counts; else the closest name or pattern that has one."""
    queue_handler("slow-own", timeout=0.1, max_attempts=1)(endless([]))
    queue_handler("slow-other", max_attempts=1)(endless([]))
    configure_queue("slow-*", timeout=0.05)
    for queue in ("slow-own", "slow-other"):
        enqueue(queue, {})
    assert Worker(threads=2, batch=True, registry=handlers).run()
    errors = {letter.stream_name: letter.error for letter in dead_letters()}
    assert "ran longer than 0.1 s" in errors["slow-own"]
    assert "ran longer than 0.05 s" in errors["slow-other"]


def test_time_out_may_be_told_apart(handlers: Handlers) -> None:
    policy = queue_handler("slow", timeout=0.05, dead_letter_on=(HandlerTimeout,))
    policy(endless([]))
    enqueue("slow", {})
    assert Worker(threads=1, batch=True, registry=handlers).run()
    (letter,) = dead_letters("slow")
    assert (letter.reason, letter.attempts) == ("rejected", 1)


def test_handler_that_ends_well_after_its_time_out_has_handled(
    handlers: Handlers,
) -> None:
    queue_handler("slow", timeout=0.05)(endless([], swallow=True))
    enqueue("slow", {})
    assert Worker(threads=1, batch=True, registry=handlers).run()
    assert (queue_info("slow").depth, dead_letters("slow")) == (0, [])


def test_time_outs_have_bounds() -> None:
    with pytest.raises(InvalidValue, match="timeout"):
        queue_handler("slow", timeout=0)


@pytest.mark.parametrize("make", [endless, endless_async])
def test_handler_of_a_cancelled_message_ends(
    handlers: Handlers,
    make: Callable[..., Callable[..., None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overseeing, "LOOK_EVERY", 0.05)
    seen: list[BaseException] = []
    queue_handler("work", max_attempts=5, backoff=0)(make(seen))
    running = enqueue("work", {})
    with working(handlers):
        wait_for(lambda: queue_info("work").in_flight == 1)
        time.sleep(0.1)
        assert cancel("work", running) is False
        wait_for(lambda: dead_letters("work"))
    (letter,) = dead_letters("work")
    assert (letter.reason, letter.attempts) == ("cancelled", 1)
    assert "MessageCancelled" in letter.error
    assert {type(error) for error in seen} <= {MessageCancelled, asyncio.CancelledError}
    assert len(seen) == 1


def test_cancelled_message_that_waits_for_a_thread_is_not_begun(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overseeing, "LOOK_EVERY", 0.05)
    go_on = threading.Event()
    handled: list[str] = []

    def handle(message: Message) -> None:
        handled.append(message.message_id)
        assert go_on.wait(10)

    queue_handler("work")(handle)
    ids = enqueue_many("work", [{}] * 2)
    with working(handlers):
        wait_for(lambda: queue_info("work").in_flight == 2)
        assert cancel("work", ids[1]) is False
        time.sleep(0.3)
        go_on.set()
        wait_for(lambda: dead_letters("work"))
    assert handled == ids[:1]
    assert [letter.reason for letter in dead_letters("work")] == ["cancelled"]


def test_handler_that_does_not_end_gives_its_place_to_others(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits in a call of C, which nobody can interrupt."""
    monkeypatch.setattr(overseeing, "GRACE_SECONDS", 0.1)
    go_on = threading.Event()
    handled: list[str] = []

    def hang(message: Message) -> None:
        go_on.wait(10)

    async def hang_async(message: Message) -> None:
        while not go_on.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    queue_handler("hanging", timeout=0.05, max_attempts=1)(hang)
    queue_handler("hanging-async", timeout=0.05, max_attempts=1)(hang_async)
    queue_handler("quick")(lambda message: handled.append(message.message_id))
    with working(handlers) as worker:
        hung = {enqueue("hanging", {}), enqueue("hanging-async", {})}
        wait_for(lambda: len(dead_letters()) == 2)
        quick = enqueue("quick", {})
        wait_for(lambda: handled)
        assert "that does not end" in worker.wants_replacement
        go_on.set()
    assert handled == [quick]
    assert {letter.message_id for letter in dead_letters()} == hung


def test_no_interruption_outlives_its_call() -> None:
    """Calls end while they are interrupted; the next one never notices."""
    interruptible = Interruptible()
    stop = threading.Event()
    current = ""

    def disturb() -> None:
        while not stop.is_set():
            interruptible.interrupt(current, HandlerTimeout)

    def spend(time: int) -> None:
        for _ in range(time):
            pass

    disturber = threading.Thread(target=disturb)
    # Python only prints what is raised in a finalizer; those of other tests' garbage
    # are to run before.
    gc.collect()
    gc.disable()
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # seconds; else it may never be the other's turn
    disturber.start()
    interrupted = 0
    try:
        deadline = time.monotonic() + 20
        for number in count():
            if number >= 3_000 and (interrupted or time.monotonic() > deadline):
                break
            name = current = f"disturbed {number}"
            error = interruptible.run(name, partial(spend, number % 2_000))
            assert error is None or type(error) is HandlerTimeout
            interrupted += error is not None
            name = f"quiet {number}"
            assert interruptible.run(name, partial(spend, 50)) is None
    except HandlerInterrupted as late:
        pytest.fail(f"{late!r} came after the call")
    finally:
        stop.set()
        disturber.join()
        sys.setswitchinterval(usual)
        gc.enable()
    assert interrupted


def test_what_waits_behind_long_ones_goes_to_another_worker(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quick handlers let a worker take ahead; then one of its messages is long."""
    monkeypatch.setattr(rooms, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(overseeing, "LOOK_EVERY", 0.05)
    go_on = threading.Event()
    by_thread: dict[str, str] = {}

    def handle(message: Message) -> None:
        by_thread[message.message_id] = str(message.deliveries)
        if message.data["long"]:
            assert go_on.wait(10)

    queue_handler("work")(handle)
    enqueue_many("work", [{"long": False}] * 100)
    with working(handlers):
        wait_for(lambda: queue_info("work").depth == 0)
        enqueue_many("work", [{"long": True}, *[{"long": False}] * 30])
        wait_for(lambda: queue_info("work").in_flight == 31)
        with working(handlers):
            began = time.monotonic()
            wait_for(lambda: queue_info("work").depth == 1)
            assert time.monotonic() - began < 3
        go_on.set()
    assert len(by_thread) == 131
    assert set(by_thread.values()) == {"1"}  # what was not begun counts for nothing
