"""Django's connections in a thread that lives longer than a request."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger("eventstreaming.worker")


def restore_connections() -> None:
    """Tidy this thread's connections; drop those that cannot be put in order."""
    try:
        tidy_connections()
    except Exception:
        logger.exception("connections could not be put in order; dropping them")
        for alias in list(connections):
            with suppress(AttributeError):
                del connections[alias]


def tidy_connections() -> None:
    """
    Leave this thread's connections as a request would find them.

    `close_old_connections()` closes every connection where CONN_MAX_AGE is 0,
    Django's default, which is meant for the end of a request: here it would
    mean a new connection for every message. So age counts only where it is set.
    A connection that failed is tested; one that was left inside a transaction is
    closed, which rolls back.
    """
    for connection in connections.all(initialized_only=True):
        connection.queries_log.clear()  # reset_queries() would walk them once more
        if connection.connection is None:
            continue
        if connection.in_atomic_block or not connection.get_autocommit():
            connection.close()
            del connections[connection.alias]  # it would stay in its closed block
        elif connection.errors_occurred:
            if connection.is_usable():
                connection.errors_occurred = False
            else:
                connection.close()
        elif (
            connection.settings_dict["CONN_MAX_AGE"]
            and connection.close_at is not None
            and time.monotonic() >= connection.close_at
        ):
            connection.close()


@contextmanager
def usable_afterwards(database: str) -> Iterator[None]:
    """
    Leave this thread's connections in order, whatever the block does to them.

    Inside the caller's transaction, a test's say, what the block writes stays; a
    database error that has spoiled the transaction takes it back.
    """
    connection = connections[database]
    savepoint = connection.savepoint() if connection.in_atomic_block else None
    try:
        yield
    finally:
        if savepoint is None:
            tidy_connections()
        else:
            end_savepoint(connection, str(savepoint))


def end_savepoint(connection: BaseDatabaseWrapper, savepoint: str) -> None:
    """Keep what was written since a savepoint, unless the transaction is spoiled."""
    if not connection.in_atomic_block:
        return  # somebody has closed it
    if connection.needs_rollback or _is_spoiled(connection):
        connection.needs_rollback = False  # it would refuse this, too
        connection.savepoint_rollback(savepoint)
    else:
        connection.savepoint_commit(savepoint)


def _is_spoiled(connection: BaseDatabaseWrapper) -> bool:
    """Say whether PostgreSQL refuses all statements until a rollback."""
    info = getattr(connection.connection, "info", None)
    status = getattr(info, "transaction_status", None)
    return status is not None and status.name == "INERROR"
