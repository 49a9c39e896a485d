"""The tasks of a project."""

import os
import sys
import threading
import time
from typing import Any

from django.db import connection, transaction
from django.utils import timezone, translation

from eventstreaming.contrib.tasks import task
from tests.testapp.models import Note

seen: list[Any] = []  # what ran in this process, in order
go_on = threading.Event()
go_on.set()


@task
def add(a: int, b: int = 0) -> int:
    return a + b


@task
async def add_async(a: int, b: int = 0) -> int:
    await Note.objects.acreate(text=f"{a} + {b}")
    return a + b


@task
def note(text: str) -> None:
    seen.append(text)


@task(queue_name="mail", priority=7)
def mail(to: str) -> str:
    return f"to {to}"


@task(takes_context=True, max_attempts=3, backoff=0)
def third_time(context: Any) -> int:
    seen.append((context.attempt, len(context.task_result.errors)))
    if context.attempt < 3:
        raise ValueError(f"attempt {context.attempt}")
    return int(context.attempt)


@task(max_attempts=2, backoff=lambda error, result: error.args[0])
def fail_for(seconds: float) -> None:
    raise ValueError(seconds)


@task(backend="patient")
def fail_patiently() -> None:
    raise ArithmeticError("no")


@task
def fail(text: str = "no") -> None:
    raise ZeroDivisionError(text)


@task
def fail_unless_seen(text: str) -> str:
    return seen[seen.index(text)]  # type: ignore[no-any-return]


@task
def give_back(kind: str) -> Any:
    """Return what JSON does not have."""
    return {
        "object": object(),
        "nan": float("nan"),
        "key": {1: 2},
        "long": "x" * 300_000,
        "tuple": (1, b"bytes", [2.5, None, True]),
    }[kind]


@task
def leave() -> None:
    sys.exit(3)


@task
def interrupt() -> None:
    raise KeyboardInterrupt


@task
def disturb(how: str) -> str:
    """Leave the connection in a state in which nothing can be stored."""
    if how == "open":
        transaction.atomic().__enter__()
    elif how == "manual":
        connection.set_autocommit(False)
        Note.objects.create(text="not committed")
    elif how == "broken":
        transaction.atomic().__enter__()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
    elif how == "closed":
        connection.close()
    elif how == "read-only":
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
    elif how == "lost":
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = pg_catalog")
    elif how == "killed":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return how


@task
def name_process() -> int:
    return os.getpid()


@task(timeout=0.05, max_attempts=2, backoff=0)
def spin() -> None:
    while True:
        time.sleep(0.001)


def plain(text: str) -> None:
    seen.append(f"plain {text}")


@task
def enqueue_another(depth: int) -> None:
    seen.append(depth)
    if depth:
        enqueue_another.enqueue(depth - 1)


@task
def twice(key: int) -> None:
    Note.objects.create(pk=key, text="twice")


@task
def pollute() -> None:
    """Change what the next task must not see."""
    seen.append((translation.get_language(), timezone.get_current_timezone_name()))
    translation.activate("de")
    timezone.activate("Asia/Kolkata")


@task(max_attempts=3)
def wait_in_steps() -> None:
    """Wait for an interruption."""
    for _ in range(2_000):
        time.sleep(0.01)


@task(timeout=60)
def hang() -> None:
    seen.append("hangs")


@task
def wait() -> None:
    """Go on when the test says so."""
    go_on.wait(20)
    seen.append("waited")


@task(takes_context=True)
def sleep_once(context: Any, text: str) -> int:
    """Take long at the first attempt, for somebody to kill the process."""
    if context.attempt == 1:
        time.sleep(60)
    return int(context.attempt)
