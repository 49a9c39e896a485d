"""Real worker processes: what they do, and how they end."""

import re
import signal
import time
from collections import Counter

import pytest
from django.db import connection

from eventstreaming import (
    EventData,
    append,
    dead_letters,
    dequeue,
    enqueue,
    enqueue_many,
    queue_info,
)
from eventstreaming.models import Checkpoint, Message, Subscription
from tests.processes.workers import WorkerProcess, wait_until
from tests.sessions import execute
from tests.workerapp.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)


def numbers(kind: str) -> list[int]:
    effects = Effect.objects.filter(kind=kind).order_by("pk")
    return list(effects.values_list("number", flat=True))


def run_batch(*names: str) -> str:
    with WorkerProcess("--batch", *names) as worker:
        code, log = worker.finish()
    assert code == 0, log
    return log


def test_batch_drains_everything_and_exits_with_0() -> None:
    enqueue_many("work.plain", [{"number": n} for n in range(300)])
    enqueue("work.async", {"number": 1})
    append("work-log", [EventData("Wanted", {}), EventData("Other", {})])

    log = run_batch("-v", "2")

    assert sorted(numbers("plain")) == [*range(300), 1000]
    assert numbers("async") == [1]
    assert numbers("log") == [0, 1]
    assert len(numbers("category")) == 2
    assert len(numbers("wanted")) == 1
    assert Message.objects.count() == 0
    assert "Worker stopped: 302 messages done, 0 attempts failed" in log
    lines = re.findall(r"(work\.\w+) #\d+, attempt 1: done after 0\.\d{3} s", log)
    assert Counter(lines) == {"work.plain": 301, "work.async": 1}
    assert re.search(r"subscription log-reader: [12] events in 0\.\d{3} s", log)


def test_only_the_named_handlers_run() -> None:
    enqueue("work.plain", {"number": 1})
    enqueue("work.async", {"number": 2})
    run_batch("work.async")
    assert numbers("plain") == []
    assert numbers("async") == [2]


def test_unknown_name_says_which_names_there_are() -> None:
    with WorkerProcess("nonsense") as worker:
        code, log = worker.finish()
    assert code == 1
    assert "nothing is called nonsense" in log
    assert "work.plain" in log


def test_failing_handler_is_retried_then_dead_lettered_with_its_error() -> None:
    enqueue("work.failing", {"number": 7})
    with WorkerProcess("work.failing") as worker:
        wait_until(lambda: bool(dead_letters("work.failing")), "a dead letter")
        code, log = worker.stop()
    (letter,) = dead_letters("work.failing")
    assert numbers("failing") == [0, 1, 2]
    assert letter.reason == "max_attempts"
    assert letter.attempts == letter.deliveries == 3
    assert "ValueError: number 7 is bad" in letter.error
    assert log.count("failed, to be retried") == 2
    assert log.count("now a dead letter") == 1
    assert code == 0


def test_handler_that_exits_is_a_failure_and_the_worker_goes_on() -> None:
    enqueue("work.exiting", {})
    run_batch("work.exiting")
    assert [letter.reason for letter in dead_letters()] == ["max_attempts"]


def test_message_atomic_commits_effect_and_acknowledge_together() -> None:
    enqueue("work.exact", {"number": 1})
    enqueue("work.exact", {"number": 2, "fail": True})
    with WorkerProcess("work.exact") as worker:
        wait_until(lambda: not Message.objects.exists(), "both are done")
        worker.stop()
    assert sorted(numbers("exact")) == [1, 2]


def test_visibility_is_extended_while_a_handler_runs() -> None:
    """The lease lasts one second, the handler three."""
    enqueue("work.slow", {"number": 1, "seconds": 3})
    with WorkerProcess("work.slow") as worker:
        wait_until(lambda: numbers("slow begun") == [1], "the handler begins")
        deadline = time.monotonic() + 2.5
        while time.monotonic() < deadline:
            assert dequeue("work.slow", 1) is None
            time.sleep(0.1)
        wait_until(lambda: not Message.objects.exists(), "it is acknowledged")
        worker.stop()
    assert numbers("slow begun") == numbers("slow done") == [1]


def test_sigterm_lets_running_handlers_finish_and_gives_back_the_rest() -> None:
    enqueue_many("work.slow", [{"number": n, "seconds": 1} for n in range(5)])
    with WorkerProcess("work.slow", "--threads", "2") as worker:
        wait_until(lambda: len(numbers("slow begun")) == 2, "two begin")
        code, log = worker.stop()
    assert code == 0
    assert sorted(numbers("slow begun")) == sorted(numbers("slow done")) == [0, 1]
    assert "finishing what runs" in log
    info = queue_info("work.slow")
    assert (info.ready, info.in_flight) == (3, 0)
    assert set(Message.objects.values_list("deliveries", "attempts")) == {(0, 0)}


def test_second_signal_stops_at_once() -> None:
    enqueue("work.slow", {"number": 1, "seconds": 30})
    with WorkerProcess("work.slow") as worker:
        wait_until(lambda: numbers("slow begun") == [1], "the handler begins")
        worker.signal(signal.SIGTERM)
        time.sleep(0.3)
        began = time.monotonic()
        code, log = worker.stop()
    assert code == 1
    assert time.monotonic() - began < 3
    assert "stopping at once" in log


def test_killed_worker_delivers_again_when_the_lease_ends() -> None:
    enqueue("work.slow", {"number": 1, "seconds": 30})
    with WorkerProcess("work.slow") as worker:
        wait_until(lambda: numbers("slow begun") == [1], "the handler begins")
        worker.kill()
    leased_until = Message.objects.get().leased_until
    message = dequeue("work.slow", 5, wait=5)
    assert message is not None
    assert message.deliveries == 2
    assert message.attempts == 0
    late = message.visible_until - leased_until
    assert 5.0 <= late.total_seconds() <= 6.0


def test_two_workers_share_a_subscription_and_repeat_nothing() -> None:
    append("work-log", [EventData("Other", {}) for _ in range(1000)])
    with WorkerProcess("log-reader") as one, WorkerProcess("log-reader") as two:
        wait_until(lambda: len(numbers("log")) >= 1000, "all events are handled")
        one.stop()
        two.stop()
    assert numbers("log") == list(range(1000))


def test_killed_subscription_repeats_nothing() -> None:
    """The batch's effects and its checkpoint go together."""
    append("work-log", [EventData("Other", {"seconds": 0.02}) for _ in range(100)])
    for _ in range(3):
        before = Effect.objects.count()
        with WorkerProcess("log-reader") as worker:
            wait_until(lambda n=before: Effect.objects.count() > n, "some progress")
            worker.kill()
    run_batch("log-reader")
    assert numbers("log") == list(range(100))
    assert Checkpoint.objects.get().offset == 99


def test_poison_event_stops_the_subscription_until_it_is_resumed() -> None:
    append("work-1", [EventData("A", {}), EventData("B", {"poison": True})])
    append("work-2", [EventData("C", {})])
    with WorkerProcess("--batch", "category-reader") as worker:
        code, log = worker.finish()
    assert code == 1
    assert "stopped at <StoredEvent B work-1@1" in log
    checkpoint = Checkpoint.objects.get()
    assert "ValueError: poison" in checkpoint.error
    assert len(numbers("category")) == 1
    assert Subscription.objects.get().state == Subscription.State.STOPPED


def test_changed_source_refuses_to_start() -> None:
    Subscription.objects.create(name="log-reader", source="another")
    with WorkerProcess("log-reader") as worker:
        code, log = worker.finish()
    assert code == 1
    assert "reads 'work-log' now, its checkpoint was made for 'another'" in log


def test_checkpoint_moves_past_events_that_are_filtered_out() -> None:
    last = append("work-log", [EventData("Other", {}) for _ in range(5)])[-1]
    run_batch("all-reader")
    assert Checkpoint.objects.get().position == last.position
    assert numbers("wanted") == []


def test_default_isolation_of_the_database_does_not_matter() -> None:
    name = connection.settings_dict["NAME"]
    execute(f'ALTER DATABASE "{name}" SET default_transaction_isolation = serializable')
    try:
        append("work-1", EventData("Wanted", {}))
        run_batch("all-reader", "category-reader", "work.plain")
    finally:
        execute(f'ALTER DATABASE "{name}" RESET default_transaction_isolation')
    assert len(numbers("wanted")) == len(numbers("category")) == 1
    assert numbers("plain") == [1000]
