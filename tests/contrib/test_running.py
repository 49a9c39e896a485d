"""What becomes of a task that runs, inside the transaction of a test."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone, translation

from eventstreaming import (
    EventData,
    correlation_scope,
    dead_letters,
    enqueue,
    queue_info,
)
from eventstreaming.contrib.tasks.compat import (
    TaskResultStatus,
    task_backends,
    task_enqueued,
    task_finished,
    task_started,
)
from eventstreaming.models import TaskResult
from eventstreaming.testing import run_until_idle
from tests.contrib.receivers import receiving
from tests.taskapp import tasks
from tests.testapp.models import Note

READY, RUNNING = TaskResultStatus.READY, TaskResultStatus.RUNNING
FAILED, SUCCESSFUL = TaskResultStatus.FAILED, TaskResultStatus.SUCCESSFUL
LOGGER = (
    "django.tasks" if "django_tasks" not in settings.INSTALLED_APPS else "django_tasks"
)


@pytest.fixture(autouse=True, params=["postgresql", "sqlite"])
def database(request: pytest.FixtureRequest, db: None) -> Iterator[str]:
    """Run each test on a store of either kind, in the transaction of the test."""
    alias = "default" if request.param == "postgresql" else "sqlite"
    tasks.seen.clear()
    with override_settings(EVENT_STORES={"default": {"OPTIONS": {"database": alias}}}):
        yield alias


pytestmark = pytest.mark.django_db(databases=["default", "sqlite"])


def finished(result: Any) -> Any:
    """Run what there is, and return the result as it is then."""
    run_until_idle(*QUEUES)
    result.refresh()
    return result


QUEUES = ("tasks:default:default", "tasks:default:mail", "tasks:patient:default")


def test_signals_of_a_task_that_succeeds(caplog: pytest.LogCaptureFixture) -> None:
    with (
        receiving(task_enqueued, task_started, task_finished) as received,
        caplog.at_level(logging.DEBUG, LOGGER),
    ):
        result = finished(tasks.add.enqueue(1, b=2))
    assert (result.status, result.return_value) == (SUCCESSFUL, 3)
    assert [r.status for r in received] == [READY, RUNNING, SUCCESSFUL]
    assert {r.sender for r in received} == {type(task_backends["default"])}
    assert {r.error for r in received} == {None}
    enqueued, started, done = (r.task_result for r in received)
    assert enqueued.id == started.id == done.id == result.id
    assert started.started_at == started.last_attempted_at == result.started_at
    assert started.worker_ids == result.worker_ids == done.worker_ids
    assert len(started.worker_ids) == 1
    assert (done.return_value, done.finished_at) == (3, result.finished_at)
    assert result.enqueued_at <= result.started_at <= result.finished_at
    levels = [r.levelname for r in caplog.records if r.name == LOGGER]
    assert levels == ["DEBUG", "INFO", "INFO"]
    assert queue_info("tasks:default:default").depth == 0


def test_the_outcome_is_stored_when_it_is_announced() -> None:
    stored: list[Any] = []

    def receive(task_result: Any, **kwargs: Any) -> None:
        found = task_backends["default"].get_result(task_result.id)
        stored.append((found.status, found.finished_at == task_result.finished_at))

    task_finished.connect(receive)
    try:
        for task in (tasks.add, tasks.fail):
            finished(task.enqueue(1))
    finally:
        task_finished.disconnect(receive)
    assert stored == [(SUCCESSFUL, True), (FAILED, True)]


def test_signals_of_a_task_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    with receiving(task_started, task_finished) as received:
        result = finished(tasks.fail.enqueue("no <b>"))
    assert result.status == FAILED
    with pytest.raises(ValueError, match="failed"):
        _ = result.return_value
    assert [r.status for r in received] == [RUNNING, FAILED]
    assert isinstance(received[1].error, ZeroDivisionError)
    (error,) = received[1].task_result.errors
    assert result.errors == [error]
    assert error.exception_class is ZeroDivisionError
    assert error.traceback.endswith("ZeroDivisionError: no <b>\n")
    record = [r for r in caplog.records if r.name == LOGGER][-1]
    assert record.levelname == "ERROR"
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError
    assert dead_letters("tasks:default:default") == []


def test_attempts_and_errors_grow_with_each_retry() -> None:
    with receiving(task_started, task_finished) as received:
        result = finished(tasks.third_time.enqueue())
    assert tasks.seen == [(1, 0), (2, 1), (3, 2)]
    assert (result.return_value, result.attempts) == (3, 3)
    assert [error.traceback[-11:] for error in result.errors] == [
        " attempt 1\n",
        " attempt 2\n",
    ]
    assert [r.status for r in received] == [RUNNING] * 3 + [SUCCESSFUL]
    assert {r.task_result.started_at for r in received} == {result.started_at}
    assert result.started_at < result.last_attempted_at < result.finished_at


def test_the_options_of_the_backend_count_for_its_tasks() -> None:
    with receiving(task_finished) as received:
        result = finished(tasks.fail_patiently.enqueue())
    assert (result.status, result.attempts, len(result.errors)) == (FAILED, 3, 3)
    assert len(received) == 1


def test_backoff_is_asked_for_the_pause() -> None:
    result = finished(tasks.fail_for.enqueue(600))
    assert (result.status, len(result.errors)) == (READY, 1)
    assert queue_info("tasks:default:default").delayed == 1
    result = finished(tasks.fail_for.enqueue(0))
    assert (result.status, len(result.errors)) == (FAILED, 2)


def test_errors_are_made_storable() -> None:
    result = finished(tasks.fail.enqueue("☃" + "x" * 50_000))
    (error,) = result.errors
    assert "… cut …" in error.traceback
    assert len(error.traceback) < 11_000


@pytest.mark.parametrize("kind", ["object", "nan", "key", "long"])
def test_what_json_does_not_keep_is_no_return_value(kind: str) -> None:
    result = finished(tasks.give_back.enqueue(kind))
    assert result.status == FAILED
    assert issubclass(result.errors[0].exception_class, (TypeError, ValueError))


def test_return_values_are_kept_as_json_keeps_them() -> None:
    result = finished(tasks.give_back.enqueue("tuple"))
    assert result.return_value == [1, "bytes", [2.5, None, True]]


def test_priority_is_the_order_in_a_queue() -> None:
    for priority in (-100, 0, 100, 1, -1):
        tasks.note.using(priority=priority).enqueue(str(priority))
    run_until_idle(*QUEUES)
    assert tasks.seen == ["100", "1", "0", "-1", "-100"]


def test_async_and_nested_tasks() -> None:
    result = finished(tasks.add_async.enqueue(1, b=2))
    assert result.return_value == 3
    assert Note.objects.filter(text="1 + 2").exists()
    tasks.enqueue_another.enqueue(3)
    run_until_idle(*QUEUES)
    assert tasks.seen == [3, 2, 1, 0]


def test_a_database_error_does_not_stop_the_test(database: str) -> None:
    kept = Note.objects.create(text="before")
    result = finished(tasks.twice.enqueue(kept.pk))
    assert result.status == FAILED
    assert result.errors[0].exception_class.__name__ == "IntegrityError"
    assert Note.objects.get().text == "before"


def test_a_task_that_exits_has_failed() -> None:
    result = finished(tasks.leave.enqueue())
    assert (result.status, result.errors[0].exception_class) == (FAILED, SystemExit)


def test_a_receiver_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def receive(**kwargs: Any) -> None:
        raise LookupError("receiver")

    task_started.connect(receive)
    task_finished.connect(receive)
    try:
        result = finished(tasks.add.enqueue(1))
    finally:
        task_started.disconnect(receive)
        task_finished.disconnect(receive)
    assert result.return_value == 1
    logged = [r for r in caplog.records if r.name == "django.dispatch"]
    assert len(logged) == 2


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("tests.taskapp.tasks.gone", "no Task of that name"),
        ("tests.taskapp.tasks.plain", "no Task of that name"),
        ("tests.taskapp.tasks.seen", "no Task of that name"),
        ("tests.taskapp.missing.task", "cannot be imported"),
        ("tests.taskapp.tasks", "no Task of that name"),
        ("os.system", "no installed app"),
        ("tests.taskapptasks.add", "no installed app"),
        ("tests.contrib.elsewhere.outside", "no installed app"),
        ("tests.taskapp.aliases.other_name", "no Task of that name"),
        ("nothing", "no installed app"),
    ],
)
def test_a_path_that_is_no_task_is_not_run(
    path: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    number = enqueue(
        QUEUES[0], EventData(f"task:{path}", {"args": ["touch x"], "kwargs": {}})
    )
    after = tasks.note.enqueue("after")
    assert finished(after).status == SUCCESSFUL
    assert tasks.seen == ["after"]
    (row,) = TaskResult.objects.using(database_of()).filter(pk=number)
    assert (row.status, row.task) == (FAILED, path)
    assert why in row.errors[0]["traceback"]
    assert path in caplog.text


def database_of() -> str:
    return str(task_backends["default"].store.database)


@pytest.mark.parametrize("data", [{}, {"args": 5, "kwargs": {}}, {"args": []}])
def test_data_that_is_no_call_has_failed(data: dict[str, Any]) -> None:
    number = enqueue(QUEUES[0], EventData("task:tests.taskapp.tasks.add", data))
    run_until_idle(*QUEUES)
    (row,) = TaskResult.objects.using(database_of()).filter(pk=number)
    assert row.status == FAILED


def test_a_message_that_is_no_task_is_rejected() -> None:
    enqueue(QUEUES[0], {"args": [], "kwargs": {}})
    run_until_idle(*QUEUES)
    (letter,) = dead_letters(QUEUES[0])
    assert letter.reason == "rejected"
    assert not TaskResult.objects.using(database_of()).exists()


@override_settings(
    TASKS={
        "default": {
            "BACKEND": "eventstreaming.contrib.tasks.EventStreamingBackend",
            "OPTIONS": {"modules": ["tests.contrib"]},
        }
    }
)
def test_modules_outside_the_apps_can_be_trusted() -> None:
    number = enqueue(
        QUEUES[0],
        EventData("task:tests.contrib.elsewhere.outside", {"args": [], "kwargs": {}}),
    )
    run_until_idle(QUEUES[0])
    assert task_backends["default"].get_result(number).return_value == "outside"


def test_each_task_has_a_context_of_its_own() -> None:
    for _ in range(2):
        tasks.pollute.enqueue()
    run_until_idle(*QUEUES)
    assert tasks.seen == [("en-us", "UTC")] * 2
    assert translation.get_language() == "en-us"
    assert timezone.get_current_timezone_name() == "UTC"


def test_what_a_task_enqueues_carries_the_story_on() -> None:
    with correlation_scope("story"):
        tasks.enqueue_another.enqueue(1)
    run_until_idle(*QUEUES)
    rows = TaskResult.objects.using(database_of())
    assert {row.correlation_id for row in rows} == {"story"}
    assert len(rows) == 2
