"""Tasks that a worker runs: committed, in threads and processes of their own."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from eventstreaming import cancel, dequeue_many, queue_info
from eventstreaming.contrib.tasks.compat import TaskResultStatus
from eventstreaming.contrib.tasks.serving import run_task, task_queues
from eventstreaming.exceptions import LeaseLost, MessageCancelled, TaskTimeout
from eventstreaming.models import TaskResult
from eventstreaming.processing.worker import Worker
from tests.processes.workers import WorkerProcess
from tests.sessions import execute
from tests.taskapp import tasks
from tests.testapp.models import Note

pytestmark = pytest.mark.django_db(transaction=True)

READY, RUNNING = TaskResultStatus.READY, TaskResultStatus.RUNNING
FAILED, SUCCESSFUL = TaskResultStatus.FAILED, TaskResultStatus.SUCCESSFUL
QUEUES = ("tasks:default:default", "tasks:default:mail")


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    tasks.seen.clear()
    yield
    tasks.go_on.set()


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[threading.Thread]]:
    """Run workers in threads, which end with the test."""
    threads: list[threading.Thread] = []
    yield threads
    for thread in threads:
        thread.join(20)


def drain(threads: int = 1) -> None:
    assert Worker(QUEUES, threads=threads, batch=True).run()


HOW = ["open", "manual", "broken", "closed", "read-only", "lost", "killed"]


def test_an_outcome_is_stored_whatever_the_task_did_to_its_connection() -> None:
    results = {how: tasks.disturb.enqueue(how) for how in HOW}
    drain()
    for how, result in results.items():
        result.refresh()
        failed = how in ("broken", "killed")
        assert result.status == (FAILED if failed else SUCCESSFUL), how
        assert result.attempts == 1
    assert not Note.objects.exists()
    after = tasks.add.enqueue(1)
    drain()
    after.refresh()
    assert after.return_value == 1


def test_an_interrupt_stops_the_worker_and_puts_the_task_back() -> None:
    result = tasks.interrupt.enqueue()
    after = tasks.note.using(run_after=None).enqueue("after")
    assert Worker(QUEUES, threads=1).run()  # it ends by itself
    result.refresh()
    assert (result.status, result.errors, result.finished_at) == (READY, [], None)
    (message,) = execute(
        "SELECT attempts, deliveries FROM eventstreaming_message WHERE id = %s",
        [int(result.id)],
    )
    assert message == (0, 0)
    after.refresh()
    assert queue_info(QUEUES[0]).ready == (2 if after.status == READY else 1)


def test_what_others_see_while_a_task_runs(ended: list[threading.Thread]) -> None:
    tasks.go_on.clear()
    result = tasks.wait.enqueue()
    later = tasks.add.enqueue(1)
    worker = Worker(QUEUES, threads=1)
    thread = threading.Thread(target=worker.run)
    ended.append(thread)
    thread.start()
    _until(lambda: tasks.wait.get_result(result.id).status == RUNNING)
    running = tasks.wait.get_result(result.id)
    assert running.started_at == running.last_attempted_at
    assert (running.attempts, running.finished_at) == (1, None)
    assert tasks.add.get_result(later.id).status == READY  # leased, but not begun
    tasks.go_on.set()
    _until(lambda: tasks.add.get_result(later.id).status == SUCCESSFUL)
    worker.stop()
    thread.join(20)


def test_a_lost_lease_stores_nothing(ended: list[threading.Thread]) -> None:
    """The worker that got the task later says how it ended."""
    tasks.go_on.clear()
    result = tasks.wait.enqueue()
    worker = Worker(QUEUES, threads=1)
    thread = threading.Thread(target=worker.run)
    ended.append(thread)
    thread.start()
    _until(lambda: tasks.wait.get_result(result.id).status == RUNNING)
    execute("UPDATE eventstreaming_message SET lease = lease + 1")
    assert tasks.wait.get_result(result.id).status == READY
    tasks.go_on.set()
    _until(lambda: tasks.seen == ["waited"])
    worker.stop()
    thread.join(20)
    (row,) = TaskResult.objects.all()
    assert (row.status, row.finished_at) == (RUNNING, None)
    execute("UPDATE eventstreaming_message SET leased_until = 'epoch'")
    drain()
    result.refresh()
    assert (result.status, result.attempts) == (SUCCESSFUL, 2)


def test_a_former_holder_does_not_begin() -> None:
    tasks.note.enqueue("once")
    (former,) = dequeue_many(QUEUES[0], 1)
    execute("UPDATE eventstreaming_message SET leased_until = now()")
    (holder,) = dequeue_many(QUEUES[0], 1)
    run_task("default", holder)
    with pytest.raises(LeaseLost):
        run_task("default", former)
    assert tasks.seen == ["once"]
    assert TaskResult.objects.get().status == SUCCESSFUL


def test_a_task_that_kills_its_workers_is_given_up() -> None:
    result = tasks.note.enqueue("deadly")
    execute("UPDATE eventstreaming_message SET deliveries = 20")
    drain()
    result.refresh()
    assert (result.status, tasks.seen) == (FAILED, [])
    assert result.errors[0].exception_class.__name__ == "DeliveredTooOften"


def test_a_task_whose_message_is_removed_has_failed() -> None:
    tasks.fail_for.enqueue(600)
    drain()
    started = TaskResult.objects.get()
    execute("DELETE FROM eventstreaming_message")
    found = tasks.fail_for.get_result(str(started.pk))
    assert (found.status, found.args) == (FAILED, [600])
    assert [error.exception_class.__name__ for error in found.errors] == [
        "ValueError",
        "MessageNotFound",
    ]


def test_cancelled_tasks_have_failed(ended: list[threading.Thread]) -> None:
    waiting = tasks.add.using(run_after=timedelta(hours=1)).enqueue(1)
    assert cancel(QUEUES[0], waiting.id)
    running = tasks.wait_in_steps.enqueue()
    worker = Worker(QUEUES, threads=1)
    thread = threading.Thread(target=worker.run)
    ended.append(thread)
    thread.start()
    _until(lambda: _refreshed(running).status == RUNNING)
    assert not cancel(QUEUES[0], running.id)
    _until(lambda: _refreshed(running).is_finished)
    worker.stop()
    for result in (_refreshed(waiting), running):
        assert result.status == FAILED
        assert result.errors[-1].exception_class is MessageCancelled
    assert (waiting.attempts, running.attempts) == (0, 1)


def test_a_task_that_was_given_up_is_not_begun_again() -> None:
    """The worker has put it back as a failed attempt, and ended."""
    result = tasks.hang.enqueue()
    execute("UPDATE eventstreaming_message SET attempts = 1, deliveries = 1")
    drain()
    result.refresh()
    assert (result.status, tasks.seen) == (FAILED, [])
    assert result.errors[-1].exception_class is TaskTimeout
    (handler,) = (h for h in task_queues() if h.queue == QUEUES[0])
    tasks.hang.enqueue()
    (message,) = dequeue_many(QUEUES[0], 1)
    assert handler.timeout_of(message) == 65.0
    tasks.add.enqueue(1)
    (message,) = dequeue_many(QUEUES[0], 1)
    assert handler.timeout_of(message) is None


def test_runworker_runs_tasks_and_a_killed_one_loses_none() -> None:
    results = [tasks.name_process.enqueue() for _ in range(3)]
    failing = tasks.fail_patiently.enqueue()
    long = tasks.sleep_once.enqueue("killed")
    with WorkerProcess() as process:
        for result in (*results, failing):
            _until(lambda result=result: _refreshed(result).is_finished)
        _until(lambda: _refreshed(long).status == RUNNING)
        process.kill()
    assert {result.return_value for result in results} == {process.pid}
    assert all(str(process.pid) in result.worker_ids[0] for result in results)
    assert (failing.status, failing.attempts) == (FAILED, 3)
    execute("UPDATE eventstreaming_message SET leased_until = now()")
    assert _refreshed(long).status == READY
    drain()
    assert (_refreshed(long).return_value, long.attempts, long.errors) == (2, 2, [])


def _refreshed(result: Any) -> Any:
    result.refresh()
    return result


def _until(true: Any) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
