"""Database sessions of their own, for races: each in a thread of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connection, transaction

T = TypeVar("T")


class Session:
    """Runs functions one after another on one Django connection."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._blocks: list[Any] = []

    def start(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> Future[T]:
        """Begin a call that may have to wait for another session."""
        return self._thread.submit(function, *args, **kwargs)

    def run(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Make a call and wait for its result."""
        return self.start(function, *args, **kwargs).result(timeout=30)

    def begin(self) -> None:
        """Begin a transaction, or a savepoint in one."""
        block = transaction.atomic()
        self.run(block.__enter__)
        self._blocks.append(block)

    def commit(self) -> None:
        """End the innermost block well."""
        self.run(self._blocks.pop().__exit__, None, None, None)

    def rollback(self) -> None:
        """Roll the innermost block back."""
        error = RuntimeError("rolled back by the test")
        self.run(self._blocks.pop().__exit__, RuntimeError, error, None)

    def execute(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        """Run one statement."""
        return self.run(execute, sql, params)

    def close(self) -> None:
        """Roll back what is open and end the session."""
        while self._blocks:
            self.rollback()
        self.run(lambda: connection.close())  # in the session's thread
        self._thread.shutdown()


def execute(sql: str, params: Any = None) -> list[tuple[Any, ...]]:
    """Run one statement on this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def sessions(count: int) -> Iterator[list[Session]]:
    """Open sessions and close them at the end, whatever happens."""
    opened = [Session() for _ in range(count)]
    try:
        yield opened
    finally:
        for session in opened:
            session.close()
