"""Which tasks are refused, when they are defined, and with using()."""

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from eventstreaming.contrib.tasks import EventStreamingTask, task
from eventstreaming.contrib.tasks.compat import InvalidTask, task_backends
from tests.taskapp import tasks

BACKEND = "eventstreaming.contrib.tasks.EventStreamingBackend"
NAIVE = datetime(2030, 1, 1)  # noqa: DTZ001
ANY_QUEUE = {"default": {"BACKEND": BACKEND, "QUEUES": []}}


def without_context(other: int) -> None:
    """Take no context."""


def defined() -> None:
    """Stand at the top of a module."""


def _inner() -> Callable[[], None]:
    def inner() -> None: ...

    return inner


class Holder:
    @staticmethod
    def method() -> None: ...


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: task(lambda: None), "module level"),
    (lambda: task(len), "module level"),
    (lambda: task(_inner()), "module level"),
    (lambda: task(Holder.method), "module level"),
    (lambda: task(takes_context=True)(without_context), "'context'"),
    (lambda: task(takes_context=True)(defined), "'context'"),
    (lambda: task(priority=101)(defined), "between -100 and 100"),
    (lambda: task(priority=1.5)(defined), "whole number"),
    (lambda: task(queue_name="unknown")(defined), "'unknown' is not valid"),
    (lambda: task(max_attempts=0)(defined), "max_attempts"),
    (lambda: task(max_attempts="3")(defined), "max_attempts"),
    (lambda: task(backoff=[])(defined), "backoff"),
    (lambda: task(backoff=[1, -1])(defined), r"backoff\[1\]"),
    (lambda: task(timeout=0)(defined), "timeout"),
    (lambda: tasks.add.using(priority=-101), "between -100 and 100"),
    (lambda: tasks.add.using(queue_name="unknown"), "'unknown' is not valid"),
    (lambda: tasks.add.using(run_after=NAIVE), "aware"),
    (lambda: tasks.add.using(run_after=datetime(9999, 1, 1, tzinfo=UTC)), "run_a"),
    (lambda: tasks.add.using(run_after=timedelta(days=9999)), "run_after"),
]


def test_refused() -> None:
    for refused, why in REFUSED:
        with pytest.raises(InvalidTask, match=why):
            refused()


@override_settings(TASKS=ANY_QUEUE)
@pytest.mark.parametrize("name", ["mail queue", "mail$", "post ☃", "x" * 242])
def test_queue_names_that_streams_refuse(name: str) -> None:
    with pytest.raises(InvalidTask, match="queue_name"):
        task(queue_name=name)(defined)


@override_settings(TASKS=ANY_QUEUE)
def test_any_other_queue_name_without_queues() -> None:
    assert task(queue_name="a/b.c-d:e")(defined).queue_name == "a/b.c-d:e"


def test_both_ends_of_the_priorities() -> None:
    assert [tasks.add.using(priority=p).priority for p in (-100, 0, 100)] == [
        -100,
        0,
        100,
    ]


def test_run_after_by_time_zone_support() -> None:
    with override_settings(USE_TZ=False):
        assert tasks.add.using(run_after=NAIVE).run_after == NAIVE
    later = timezone.now() - timedelta(days=1)
    assert tasks.add.using(run_after=later).run_after == later
    assert tasks.add.using(run_after=timedelta(1)).run_after == timedelta(1)


def test_policies_of_a_task() -> None:
    assert isinstance(tasks.third_time, EventStreamingTask)
    changed = tasks.third_time.using(priority=5)
    assert (changed.max_attempts, changed.backoff, changed.priority) == (3, 0, 5)


def test_copies_and_pickles_are_the_task_again() -> None:
    chosen = tasks.mail.using(priority=-3, run_after=timedelta(hours=1))
    for copied in (
        copy.copy(chosen),
        copy.deepcopy(chosen),
        pickle.loads(pickle.dumps(chosen)),
    ):
        assert copied == chosen
        assert copied.func is chosen.func


def test_only_a_path_that_workers_find_is_enqueued() -> None:
    nameless = task(defined)  # the module calls it something else
    with pytest.raises(InvalidTask, match="is in no installed app"):
        nameless.enqueue()
    with pytest.raises(InvalidTask, match="is no Task"):
        task(tasks.plain).enqueue("x")


def test_settings_that_change_make_new_backends() -> None:
    before = task_backends["default"]
    with override_settings(TASKS=ANY_QUEUE):
        assert task_backends["default"].queues == set()
    assert task_backends["default"] is not before
    assert task_backends["default"].queues == {"default", "mail"}
