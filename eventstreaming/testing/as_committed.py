"""Running code inside a test's transaction as if each call committed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from eventstreaming.processing.connections import end_savepoint


@contextmanager
def as_committed() -> Iterator[None]:
    """
    Let the block end as it would outside the transaction of a `TestCase`.

    Functions given to `transaction.on_commit()` are called at the end, and then
    forgotten, so that `captureOnCommitCallbacks()` around it does not call them
    again. If the block raises they are dropped, and what it wrote stays, as it
    does in autocommit mode; unless a database error has spoiled the transaction,
    which is then rolled back to the beginning of the block. A connection
    outside a transaction is left alone.
    """
    entered = {
        connection: (str(connection.savepoint()), len(connection.run_on_commit))
        for connection in connections.all(initialized_only=True)
        if connection.in_atomic_block
    }
    try:
        yield
        for connection, (_, hooks) in entered.items():
            _call_hooks(connection, hooks)
    finally:
        for connection, (savepoint, hooks) in entered.items():
            del connection.run_on_commit[hooks:]
            end_savepoint(connection, savepoint)


def _call_hooks(connection: BaseDatabaseWrapper, first: int) -> None:
    """Call what was registered since, also by one of the functions themselves."""
    while len(connection.run_on_commit) > first:
        _, function, robust = connection.run_on_commit.pop(first)  # type: ignore[misc]
        try:
            function()
        except Exception:
            if not robust:
                raise
