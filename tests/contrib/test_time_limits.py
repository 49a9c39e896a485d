"""Tasks that take too long."""

import asyncio
import threading
import time
from typing import Any

import pytest
from django.db import connection

from eventstreaming.contrib.tasks.compat import TaskResultStatus
from eventstreaming.contrib.tasks.time_limits import call_within
from eventstreaming.exceptions import TaskTimeout
from eventstreaming.testing import run_until_idle
from tests.sessions import execute
from tests.taskapp import tasks


def limited(function: Any, seconds: float | None = 0.05) -> Any:
    """Call a function in a thread of its own; return its value, or what it raised."""
    outcome: list[Any] = []

    def call() -> None:
        try:
            outcome.append(call_within(seconds, "shop.tasks.slow", function))
            time.sleep(0.01)  # nothing arrives later
        except BaseException as error:
            outcome.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=call)
    thread.start()
    thread.join(20)
    (found,) = outcome
    return found


def spin() -> None:
    while True:
        time.sleep(0.001)


def swallow() -> str:
    try:
        spin()
    except BaseException:
        return "never mind"
    return ""


async def wait() -> None:
    await asyncio.sleep(20)


async def fail_by_itself() -> None:
    raise TimeoutError("of its own")


def test_both_kinds_of_functions_are_interrupted() -> None:
    for function in (spin, wait, swallow):
        began = time.monotonic()
        error = limited(function)
        assert isinstance(error, TaskTimeout), function
        assert (error.path, error.timeout) == ("shop.tasks.slow", 0.05)
        assert time.monotonic() - began < 10


def test_what_ends_in_time_is_left_alone() -> None:
    async def answer() -> int:
        return 42

    for seconds in (None, 20):
        assert limited(lambda: 42, seconds) == 42
        assert limited(answer, seconds) == 42
        error = limited(fail_by_itself, seconds)
        assert type(error) is TimeoutError
        error = limited(lambda: 1 / 0, seconds)
        assert type(error) is ZeroDivisionError


def test_calls_that_end_at_the_last_moment_are_not_hit_later() -> None:
    for _ in range(50):
        error = limited(lambda: time.sleep(0.002), 0.002)
        assert error is None or isinstance(error, TaskTimeout)


@pytest.mark.django_db(transaction=True)
def test_a_query_is_cancelled_at_the_server() -> None:
    began = time.monotonic()
    error = limited(lambda: execute("SELECT pg_sleep(20)"))
    assert isinstance(error, TaskTimeout)
    assert time.monotonic() - began < 10


@pytest.mark.django_db
def test_a_task_that_takes_too_long_fails_and_is_tried_again() -> None:
    result = tasks.spin.enqueue()
    run_until_idle("tasks:default:default")
    result.refresh()
    assert (result.status, result.attempts) == (TaskResultStatus.FAILED, 2)
    assert {error.exception_class for error in result.errors} == {TaskTimeout}
    assert "took longer than 0.05 s" in result.errors[-1].traceback
