"""A supervisor and its children: real processes, ended in every way."""

import os
import signal
import time
from pathlib import Path

import pytest

from eventstreaming import enqueue, enqueue_many, queue_info
from eventstreaming.models import Message
from tests.processes.workers import SupervisorProcess, WorkerProcess, wait_until
from tests.workerapp.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 60  # messages, so that one child is not done when another begins


def processes(kind: str) -> list[int]:
    """Return who left the effects of a kind."""
    effects = Effect.objects.filter(kind=kind).order_by("pk")
    return list(effects.values_list("process", flat=True))


def test_killed_child_is_replaced_and_its_message_delivered_at_once() -> None:
    """The lease would last for a minute."""
    enqueue("work.long", {"number": 1, "seconds": 60})
    with SupervisorProcess("work.long", "--processes", "1") as supervisor:
        wait_until(lambda: len(processes("long begun")) == 1, "the handler begins")
        os.kill(processes("long begun")[0], signal.SIGKILL)
        began = time.monotonic()
        wait_until(lambda: len(processes("long begun")) == 2, "it begins again")
        assert time.monotonic() - began < 10
        first, second = processes("long begun")
        assert first != second
        message = Message.objects.get()
        assert (message.deliveries, message.attempts) == (2, 0)
        supervisor.signal(signal.SIGTERM)
        time.sleep(0.3)  # two signals at once are one
        code, log = supervisor.stop()
    assert code == 1
    assert queue_info("work.long").ready == 1
    assert "was ended by SIGKILL" in log
    assert "gave back 1 messages of" in log


def test_message_that_waits_beside_one_that_kills_counts_no_delivery() -> None:
    enqueue_many("work.long", [{"number": n, "seconds": 60} for n in range(2)])
    first, second = Message.objects.order_by("pk").values_list("pk", flat=True)
    with SupervisorProcess(
        "work.long", "--processes", "1", "--threads", "1"
    ) as supervisor:
        wait_until(lambda: len(processes("long begun")) == 1, "it begins")
        os.kill(processes("long begun")[0], signal.SIGKILL)
        wait_until(lambda: len(processes("long begun")) == 2, "it begins again")
        assert Message.objects.get(pk=first).deliveries == 2
        assert Message.objects.get(pk=second).deliveries <= 1
        supervisor.signal(signal.SIGTERM)
        time.sleep(0.3)
        supervisor.stop()
    # What was begun counts when it is stopped at once, and what was not does not.
    deliveries = Message.objects.order_by("pk").values_list("deliveries", flat=True)
    assert list(deliveries) == [2, 0]


def test_children_end_with_a_supervisor_that_is_killed() -> None:
    enqueue_many("work.slow", [{"number": n, "seconds": 1} for n in range(MANY)])
    with SupervisorProcess(
        "work.slow", "--processes", "2", "--threads", "1"
    ) as supervisor:
        wait_until(lambda: len(set(processes("slow begun"))) == 2, "both begin")
        children = supervisor.children()
        assert len(children) == 2
        supervisor.kill()
        wait_until(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in children),
            "the children end",
        )
        log = supervisor.log()
    assert log.count("the supervisor is gone: finishing what runs") == 2
    # What ran was finished, the rest is there.
    done = Effect.objects.filter(kind="slow done").count()
    assert done == len(processes("slow begun"))
    info = queue_info("work.slow")
    assert (info.ready, info.in_flight) == (MANY - done, 0)


def test_terminated_supervisor_finishes_what_runs_and_gives_back_the_rest() -> None:
    """A group's worth of signals, as a terminal sends them, is one to drain."""
    enqueue_many("work.slow", [{"number": n, "seconds": 1} for n in range(MANY)])
    with SupervisorProcess(
        "work.slow", "--processes", "2", "--threads", "2"
    ) as supervisor:
        wait_until(lambda: len(processes("slow begun")) == 4, "four begin")
        for pid in supervisor.children():
            os.kill(pid, signal.SIGINT)
            os.kill(pid, signal.SIGTERM)
        code, log = supervisor.stop()
    assert code == 0, log
    begun, done = (
        sorted(Effect.objects.filter(kind=kind).values_list("number", flat=True))
        for kind in ("slow begun", "slow done")
    )
    assert begun == done
    info = queue_info("work.slow")
    assert (info.ready, info.in_flight) == (MANY - len(done), 0)
    assert set(Message.objects.values_list("deliveries", "attempts")) == {(0, 0)}


def test_grace_that_is_over_cuts_handlers_off_and_gives_their_messages_back() -> None:
    enqueue("work.long", {"number": 1, "seconds": 60})
    with WorkerProcess("work.long", "--grace", "0.5") as worker:
        wait_until(lambda: len(processes("long begun")) == 1, "the handler begins")
        code, log = worker.stop()
    assert code == 3, log
    assert "0.5 s are over and 1 messages still run: cutting them off" in log
    assert queue_info("work.long").ready == 1
    assert list(Message.objects.values_list("deliveries", "attempts")) == [(1, 0)]
