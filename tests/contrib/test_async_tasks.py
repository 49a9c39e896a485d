"""Async tasks run on a worker's event loop; what becomes of them is as ever."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from eventstreaming import cancel, correlation_scope, dequeue
from eventstreaming.contrib.tasks.compat import AnyResult, TaskResultStatus
from eventstreaming.exceptions import MessageCancelled, TaskTimeout
from eventstreaming.processing.worker import Worker
from eventstreaming.testing import run_until_idle
from tests.taskapp import awaited, tasks
from tests.testapp.models import Note

pytestmark = pytest.mark.django_db(transaction=True)

READY, FAILED = TaskResultStatus.READY, TaskResultStatus.FAILED
SUCCESSFUL, RUNNING = TaskResultStatus.SUCCESSFUL, TaskResultStatus.RUNNING
QUEUE = "tasks:default:default"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    tasks.seen.clear()
    tasks.go_on.clear()
    awaited.meetings[:] = [asyncio.Barrier(2)]
    yield
    tasks.go_on.set()


def drain() -> None:
    assert Worker([QUEUE], threads=1, batch=True).run()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def refreshed(result: AnyResult) -> AnyResult:
    result.refresh()
    return result


def test_async_tasks_are_awaited_side_by_side_while_another_runs_in_a_thread() -> None:
    waiting = tasks.wait.enqueue()
    with correlation_scope("story"):
        meeting = [awaited.meet.enqueue() for _ in range(2)]
    worker = Worker([QUEUE], threads=1)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        until(lambda: all(refreshed(result).is_finished for result in meeting))
        assert refreshed(waiting).status == RUNNING
        tasks.go_on.set()
        until(lambda: refreshed(waiting).is_finished)
    finally:
        tasks.go_on.set()
        worker.stop()
        thread.join()
    first, second = (result.return_value for result in meeting)
    assert (first["loop"], first["thread"]) == (second["loop"], second["thread"])
    assert [first["message"], second["message"]] == [result.id for result in meeting]
    assert first["attempt"] == 1
    written = dequeue("notes")
    assert written is not None
    assert written.correlation_id == "story"


@pytest.mark.parametrize("at_the_server", [False, True])
def test_one_that_takes_too_long_has_failed(at_the_server: bool) -> None:
    result = awaited.oversleep.enqueue(at_the_server)
    began = time.monotonic()
    drain()
    assert time.monotonic() - began < 10
    assert refreshed(result).status == FAILED
    assert [error.exception_class for error in result.errors] == [TaskTimeout] * 2


def test_one_that_was_cancelled_has_failed() -> None:
    later = awaited.sleep.using(run_after=timedelta(hours=1)).enqueue()
    assert cancel(QUEUE, later.id)
    running = awaited.sleep.enqueue()
    worker = Worker([QUEUE], threads=1)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        until(lambda: refreshed(running).status == RUNNING)
        assert not cancel(QUEUE, running.id)
        until(lambda: refreshed(running).is_finished)
    finally:
        worker.stop()
        thread.join()
    for result in (refreshed(later), running):
        assert result.status == FAILED
        assert result.errors[-1].exception_class is MessageCancelled
    assert (later.attempts, running.attempts) == (0, 1)


def test_an_interrupt_stops_the_worker_and_puts_the_task_back() -> None:
    result = awaited.end.enqueue("interrupt")
    assert Worker([QUEUE], threads=1).run()  # it ends by itself
    assert (refreshed(result).status, result.errors) == (READY, [])


def test_what_a_task_did_to_its_connection_ends_with_it() -> None:
    results = [awaited.disturb.enqueue(how) for how in ("open", "closed", "nothing")]
    drain()
    assert [refreshed(result).status for result in results] == [SUCCESSFUL] * 3
    texts = Note.objects.order_by("text").values_list("text", flat=True)
    assert list(texts) == ["closed", "nothing"]


ENDS = ["second", "object", "leave", "missing", "always"]


def test_outcomes_are_those_of_tasks_that_run_without_a_loop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found: list[list[Any]] = []
    for run in (drain, run_until_idle):
        results = [awaited.end.enqueue(how) for how in ENDS]
        run()
        found.append([_outcome(refreshed(result)) for result in results])
        logged = [record for record in caplog.records if record.exc_info]
        kinds = {record.exc_info[0] for record in logged if record.exc_info}
        assert kinds == {TypeError, SystemExit, Note.DoesNotExist, ValueError}
        caplog.clear()
    on_a_loop, without = found
    assert on_a_loop == without
    assert [status for status, *_ in without] == [SUCCESSFUL, *[FAILED] * 4]


def _outcome(result: AnyResult) -> tuple[Any, ...]:
    errors = []
    for error in result.errors:
        before, _, _ = error.traceback.partition("awaited.py")
        assert "_fail" not in before
        _, _, last = error.traceback.rpartition("File ")
        errors.append((error.exception_class_path, last))
    value = result.return_value if result.status == SUCCESSFUL else None
    return result.status, value, errors, result.attempts
