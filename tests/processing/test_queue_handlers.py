"""What a worker does with a message whose handler fails."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings

from eventstreaming import (
    Message,
    configure_queue,
    dead_letters,
    dequeue,
    enqueue,
    enqueue_many,
    queue_info,
)
from eventstreaming.backends import event_stores
from eventstreaming.backends.memory import reset
from eventstreaming.backends.waking.topics import queue_topic
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.processing import registry
from eventstreaming.processing.registry import Handlers, queue_handler
from eventstreaming.processing.worker import Worker

MEMORY = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}

Handling = Callable[[Message], object]


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Handlers]:
    own = Handlers()
    monkeypatch.setattr(registry, "handlers", own)
    with override_settings(EVENT_STORES={"default": MEMORY}):
        reset()
        yield own
        reset()


def work(handlers: Handlers) -> None:
    """Handle all that is ready in the queue "mail"."""
    assert Worker(threads=1, batch=True, registry=handlers).run()


def raising(error: BaseException) -> Handling:
    def handle(message: Message) -> None:
        raise error

    return handle


def nacking(**decision: object) -> Handling:
    def handle(message: Message) -> None:
        message.nack(**decision)  # type: ignore[arg-type]

    return handle


@pytest.mark.parametrize("give_back", [raising, lambda error: nacking(error=error)])
def test_both_ways_to_fail_obey_the_handlers_policy(
    handlers: Handlers, give_back: Callable[[Exception], Handling]
) -> None:
    configure_queue("mail", max_attempts=1, backoff=600)
    policy = queue_handler("mail", max_attempts=3, backoff=0)
    policy(give_back(ValueError("no")))
    enqueue("mail", {})
    work(handlers)
    (letter,) = dead_letters("mail")
    assert (letter.attempts, letter.reason) == (3, "max_attempts")


@pytest.mark.parametrize("give_back", [raising, lambda error: nacking(error=error)])
def test_errors_that_are_not_retried(
    handlers: Handlers, give_back: Callable[[Exception], Handling]
) -> None:
    policy = queue_handler("mail", backoff=0, dead_letter_on=(ValidationError, OSError))
    policy(give_back(FileNotFoundError("no template")))
    enqueue("mail", {})
    work(handlers)
    (letter,) = dead_letters("mail")
    assert (letter.attempts, letter.reason) == (1, "rejected")
    assert "FileNotFoundError: no template" in letter.error


def test_a_delay_that_the_handler_names_is_its_own(handlers: Handlers) -> None:
    policy = queue_handler("mail", backoff=0, dead_letter_on=(ValueError,))
    policy(nacking(delay=60, error=ValueError()))
    enqueue("mail", {})
    work(handlers)
    assert queue_info("mail").delayed == 1


def test_a_backoff_function_gets_an_exception_always(handlers: Handlers) -> None:
    seen: list[object] = []

    def later(attempts: int, error: BaseException) -> float:
        seen.append((attempts, str(error)))
        return 60.0

    queue_handler("mail", backoff=later)(nacking(error="printer on fire"))
    enqueue("mail", {})
    work(handlers)
    assert seen == [(1, "printer on fire")]


def test_handler_bounds_the_deliveries(handlers: Handlers) -> None:
    queue_handler("mail", max_deliveries=2)(lambda message: None)
    enqueue("mail", {})
    for _ in range(2):
        assert dequeue("mail", 0.001, wait=5)  # and then its process is killed
    work(handlers)
    (letter,) = dead_letters("mail")
    assert (letter.deliveries, letter.reason) == (2, "max_deliveries")


@pytest.mark.parametrize(
    "errors", [ValueError, [ValueError], (ValueError, "OSError"), (int,)]
)
def test_only_exception_classes_are_not_retried(errors: object) -> None:
    with pytest.raises(InvalidType, match="dead_letter_on"):
        queue_handler("mail", dead_letter_on=errors)  # type: ignore[arg-type]


def test_max_deliveries_has_bounds() -> None:
    with pytest.raises(InvalidValue, match="max_deliveries"):
        queue_handler("mail", max_deliveries=0)


class Crowd:
    """Notes how many handlers run at the same time."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}
        self._now: Counter[str] = Counter()
        self._lock = threading.Lock()

    def handle(self, message: Message) -> None:
        queue = message.stream_name
        with self._lock:
            self._now[queue] += 1
            self.most[queue] = max(self.most.get(queue, 0), self._now[queue])
        time.sleep(0.02)
        with self._lock:
            self._now[queue] -= 1


def test_concurrency_bounds_what_one_worker_runs_of_a_queue(
    handlers: Handlers,
) -> None:
    crowd = Crowd()
    queue_handler("one", concurrency=1)(crowd.handle)
    queue_handler("two-a")(crowd.handle)
    queue_handler("many")(crowd.handle)
    configure_queue("*", concurrency=2)
    configure_queue("many", concurrency=4)
    for queue in ("one", "two-a", "many"):
        enqueue_many(queue, [{"n": n} for n in range(12)])
    assert Worker(threads=7, batch=True, registry=handlers).run()
    assert crowd.most == {"one": 1, "two-a": 2, "many": 4}
    assert {queue_info(queue).depth for queue in crowd.most} == {0}


def test_order_between_queues(handlers: Handlers) -> None:
    """Strict, or by weight; then even a light queue gets on beside a heavy one."""
    handled: list[str] = []
    for queue in ("default", "critical"):
        queue_handler(queue)(lambda message: handled.append(message.stream_name))

    def order(*names: str, strict: bool = False) -> list[str]:
        handled.clear()
        for queue in ("default", "critical"):
            enqueue_many(queue, [{}] * 3000)
        worker = Worker(names, threads=1, batch=True, strict=strict, registry=handlers)
        assert worker.run()
        return handled

    strictly = order("critical", "default", strict=True)
    assert strictly == ["critical"] * 3000 + ["default"] * 3000
    by_weight = order("critical:6", "default")
    assert by_weight.index("default") < 900
    last = 5999 - by_weight[::-1].index("critical")
    assert 50 <= by_weight[:last].count("default") <= 1_700  # one claim may get 800


def test_the_end_of_a_pause_wakes_who_waits_for_messages() -> None:
    rings: list[bool] = []
    waiters = event_stores["default"].waiters
    with waiters.waiting([queue_topic("mail")], lambda more=False: rings.append(more)):
        configure_queue("mail", paused=True)
        configure_queue("mail", max_attempts=3)
        configure_queue("*", paused=False)
        assert rings == []
        configure_queue("mail", paused=False)
        assert len(rings) == 1
