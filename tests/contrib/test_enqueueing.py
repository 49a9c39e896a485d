"""Enqueueing tasks, and finding their results."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from eventstreaming import dequeue, enqueue, queue_info
from eventstreaming.contrib.tasks import TaskCall, aenqueue_many, enqueue_many
from eventstreaming.contrib.tasks.compat import (
    TaskResultDoesNotExist,
    TaskResultStatus,
    task_backends,
    task_enqueued,
)
from eventstreaming.exceptions import InvalidType, InvalidValue, UnsupportedOperation
from eventstreaming.models import Message
from tests.contrib.receivers import receiving
from tests.sessions import Session
from tests.taskapp import tasks

pytestmark = pytest.mark.django_db
READY = TaskResultStatus.READY


def test_a_new_result_is_ready_and_found_by_its_id() -> None:
    began = timezone.now()
    with receiving(task_enqueued) as received:
        result = tasks.mail.enqueue("ada")
    assert (result.status, result.args, result.kwargs) == (READY, ["ada"], {})
    assert began <= result.enqueued_at <= timezone.now()
    assert [r.task_result for r in received] == [result]
    assert received[0].sender is type(task_backends["default"])
    (message,) = Message.objects.all()
    assert (str(message.pk), message.queue) == (result.id, "tasks:default:mail")
    assert message.message_type == "task:tests.taskapp.tasks.mail"
    found = tasks.mail.get_result(result.id)
    assert found == result
    assert (found.status, found.task, found.args) == (READY, tasks.mail, ["ada"])
    with pytest.raises(ValueError, match="not finished"):
        _ = found.return_value


def test_async_twins() -> None:
    async def enqueue_and_find() -> list[Any]:
        with receiving(task_enqueued) as received:
            result = await tasks.add_async.aenqueue(1, b=2)
        assert [r.task_result for r in received] == [result]
        found = await tasks.add_async.aget_result(result.id)
        await found.arefresh()
        (other,) = await aenqueue_many(tasks.add_async, [(1,)])
        return [found.args, found.kwargs, other.args]

    assert async_to_sync(enqueue_and_find)() == [[1], {"b": 2}, [1]]


NO_IDS: list[Any] = [
    "",
    "0",
    "01",
    "1.0",
    " 1",
    "+1",
    "-1",
    "x",
    "٣",
    "9" * 19,
    "1" + "0" * 30,
    7,
    None,
]


def test_ids_of_nothing() -> None:
    with transaction.atomic():
        for result_id in NO_IDS:
            for find in (tasks.add.get_result, task_backends["default"].get_result):
                with pytest.raises(TaskResultDoesNotExist):
                    find(result_id)
        assert queue_info("still-usable").depth == 0


def test_ids_of_others() -> None:
    plain = enqueue("tasks:default:default", {"args": [], "kwargs": {}})
    message = enqueue("mail", {"args": [], "kwargs": {}})
    elsewhere = tasks.fail_patiently.enqueue()
    for number in (plain, message, elsewhere.id):
        with pytest.raises(TaskResultDoesNotExist):
            task_backends["default"].get_result(number)
    assert task_backends["patient"].get_result(elsewhere.id).backend == "patient"
    backend = "eventstreaming.contrib.tasks.EventStreamingBackend"
    any_queue = {"BACKEND": backend, "QUEUES": []}
    with (
        override_settings(TASKS={"default": any_queue, "patient": any_queue}),
        pytest.raises(TaskResultDoesNotExist),
    ):
        task_backends["default"].get_result(elsewhere.id)


def test_the_result_of_another_task() -> None:
    result = tasks.add.enqueue(1)
    with pytest.raises(Exception, match="does not match") as caught:
        tasks.mail.get_result(result.id)
    assert type(caught.value).__name__ == "TaskResultMismatch"


def test_a_function_that_is_gone_has_no_results(monkeypatch: Any) -> None:
    result = tasks.add.enqueue(1)
    monkeypatch.delattr(tasks, "add")
    with pytest.raises(TaskResultDoesNotExist):
        task_backends["default"].get_result(result.id)


class Word(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((1, [2, (3,)], {"a": None}), [1, [2, [3]], {"a": None}]),
        (
            (b"bytes", Word("word"), 1e300, -0.0, True),
            ["bytes", "word", 1e300, 0, True],
        ),
    ],
)
def test_arguments_are_kept_as_json_keeps_them(given: Any, kept: Any) -> None:
    result = tasks.note.enqueue(*given)
    assert result.args == kept
    assert tasks.note.get_result(result.id).args == kept


NOT_KEPT = {
    "object": object(),
    "time": datetime.now(UTC),
    "set": {1, 2},
    "key": {1: 2},
    "bytes": b"\xff",
    "NaN": float("nan"),
    "NUL": "\x00",
    "number": 2**63,
    "surrogate": "\ud800",
    "long": "x" * 300_000,
}


@pytest.mark.parametrize("given", NOT_KEPT.values(), ids=NOT_KEPT)
def test_arguments_that_json_does_not_keep_are_refused(given: Any) -> None:
    with transaction.atomic():
        for enqueue_it in (
            lambda: tasks.note.enqueue(given),
            lambda: tasks.note.enqueue(text=given),
            lambda: enqueue_many(tasks.note, [("fine",), (given,)]),
        ):
            with pytest.raises((TypeError, ValueError)):
                enqueue_it()
        assert not Message.objects.exists()


def test_many_calls_cost_as_much_as_one_batch(django_assert_num_queries: Any) -> None:
    with receiving(task_enqueued) as received, django_assert_num_queries(4):
        results = enqueue_many(
            tasks.add.using(priority=3),
            [(1,), {"a": 2}, TaskCall((3,), {"b": 4}), [5, 6]],
        )
    assert [r.task_result.id for r in received] == [r.id for r in results]
    assert sorted(r.id for r in results) == [r.id for r in results]
    stored = [tasks.add.get_result(r.id) for r in results]
    assert [(r.args, r.kwargs) for r in stored] == [
        ([1], {}),
        ([], {"a": 2}),
        ([3], {"b": 4}),
        ([5, 6], {}),
    ]
    assert {r.task.priority for r in stored} == {3}
    assert enqueue_many(tasks.add, []) == []


def test_calls_that_are_none() -> None:
    bad: list[Any] = ["ab", {"a": 1}, 5, ["ab"], [5]]
    for calls in bad:
        with pytest.raises(InvalidType, match="calls"):
            enqueue_many(tasks.add, calls)


def test_other_backends_enqueue_one_at_a_time() -> None:
    module = task_backends.__class__.__module__.partition(".tasks")[0]
    name = "django.tasks" if module == "django" else "django_tasks"
    dummy = {"default": {"BACKEND": f"{name}.backends.dummy.DummyBackend"}}
    with (
        override_settings(TASKS=dummy),
        pytest.raises(UnsupportedOperation, match="DummyBackend"),
    ):
        enqueue_many(tasks.add, [(1,)])


TIMES: dict[str, tuple[Any, bool]] = {
    "in an hour": (timedelta(hours=1), True),
    "in ten years": (timezone.now() + timedelta(days=3600), True),
    "long ago": (timezone.now() - timedelta(days=9999), False),
    "now": (timedelta(0), False),
    "yesterday": (timedelta(-1), False),
}


@pytest.mark.parametrize(("run_after", "waits"), TIMES.values(), ids=TIMES)
def test_run_after(run_after: Any, waits: bool) -> None:
    result = tasks.note.using(run_after=run_after).enqueue("later")
    assert queue_info("tasks:default:default").delayed == waits
    assert (dequeue("tasks:default:default") is None) is waits
    stored = tasks.note.get_result(result.id)
    assert stored == result
    assert (stored.status, stored.task.run_after) == (READY, result.task.run_after)
    assert isinstance(stored.task.run_after, datetime)


def test_a_timedelta_counts_from_each_enqueue() -> None:
    later = tasks.note.using(run_after=timedelta(hours=1))
    first, second = later.enqueue("a"), later.enqueue("b")
    assert first.task.run_after < second.task.run_after
    due = Message.objects.order_by("pk").values_list("due_at", flat=True)
    for result, due_at in zip((first, second), due, strict=True):
        assert abs(due_at - result.task.run_after) < timedelta(seconds=1)


@override_settings(USE_TZ=False, TIME_ZONE="Asia/Kolkata")
def test_naive_times_without_time_zone_support() -> None:
    local = datetime.now() + timedelta(hours=1)  # noqa: DTZ005
    result = tasks.note.using(run_after=local).enqueue("later")
    found = tasks.note.get_result(result.id)
    assert found.task.run_after == local
    assert found == result
    (message,) = Message.objects.all()
    assert abs(message.due_at - local) < timedelta(seconds=1)


@pytest.mark.django_db(transaction=True)
def test_a_task_is_there_when_its_transaction_commits() -> None:
    session = Session()
    session.begin()
    result = session.run(tasks.add.enqueue, 1)
    with pytest.raises(TaskResultDoesNotExist):
        tasks.add.get_result(result.id)
    session.commit()
    found: list[Any] = []
    finder = threading.Thread(
        target=lambda: found.append(session.run(tasks.add.get_result, result.id))
    )
    finder.start()
    finder.join()
    assert found[0].status == READY
    session.begin()
    gone = session.run(tasks.add.enqueue, 2)
    session.rollback()
    session.close()
    with pytest.raises(TaskResultDoesNotExist):
        tasks.add.get_result(gone.id)


@override_settings(EVENT_STREAM_LIMITS={"delay": 60})
def test_the_bound_of_delays_counts_for_tasks() -> None:
    assert issubclass(InvalidValue, ValueError)
    with pytest.raises(Exception, match="60 seconds"):
        tasks.note.using(run_after=timedelta(seconds=61))
