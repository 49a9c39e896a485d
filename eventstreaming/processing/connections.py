"""Django's connections in a thread that lives longer than a request."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

logger = logging.getLogger("eventstreaming.worker")


class _Opened(threading.local):
    """The connections that this thread has open; None before it has been asked."""

    connections: list[BaseDatabaseWrapper] | None = None


_opened = _Opened()


def _note_opened(*, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if _opened.connections is not None and connection not in _opened.connections:
        _opened.connections.append(connection)


connection_created.connect(_note_opened)


def restore_connections() -> None:
    """Tidy this thread's connections; drop those that cannot be put in order."""
    try:
        tidy_connections()
    except Exception:
        logger.exception("connections could not be put in order; dropping them")
        _opened.connections = None
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

    Only the first call of a thread asks Django for all connections, which takes
    longer than some handlers do: from then on those are noted that are opened.
    """
    opened = _opened.connections
    if opened is None:
        opened = _opened.connections = list(connections.all(initialized_only=True))
    for connection in tuple(opened):
        connection.queries_log.clear()  # reset_queries() would walk them once more
        if connection.connection is None:
            opened.remove(connection)
        elif connection.in_atomic_block or not connection.get_autocommit():
            connection.close()
            opened.remove(connection)
            if connections[connection.alias] is connection:
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
