"""Beginning a transaction in READ COMMITTED, without a statement that says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from psycopg import Connection, IsolationLevel, Pipeline
from psycopg.pq import TransactionStatus

from eventstreaming.backends.postgresql.bound import (
    BoundStatements,
    execute_kept,
    kept_cursor,
)

_BEGIN = b"BEGIN ISOLATION LEVEL READ COMMITTED"


class ReadCommittedBatches(BoundStatements):
    """A store in PostgreSQL whose batches begin with one round trip."""

    def _execute_opening(self, name: str, params: dict[str, Any]) -> list[Any]:
        """
        Return the rows of a batch's first statement; its BEGIN is sent along.

        psycopg would wait for the answer to BEGIN, in a pipeline as well.
        """
        connection = self.connection
        cursor = kept_cursor(connection, name)
        driver: Any = connection.connection
        if cursor is None or not _may_begin(driver):
            return self._execute_bound(name, params, connection)
        try:
            with driver.pipeline() as pipeline:
                driver.pgconn.send_query_params(_BEGIN, None)
                pipeline.result_queue.append(None)
                execute_kept(cursor, name, params)
        except Exception:
            with connection.wrap_database_errors:
                raise
        rows: list[Any] = cursor.fetchall()
        return rows

    @contextmanager
    def _read_committed(self) -> Iterator[None]:
        """See RelationalStore.batch(). psycopg writes the level into its BEGIN."""
        connection = self.connection
        connection.ensure_connection()
        driver: Any = connection.connection
        if not isinstance(driver, Connection) or not _is_idle(driver):
            with super()._read_committed():
                yield
            return
        before = driver.isolation_level
        if before is not IsolationLevel.READ_COMMITTED:
            driver.isolation_level = IsolationLevel.READ_COMMITTED
        try:
            with transaction.atomic(using=self.database):
                yield
        finally:
            if driver.isolation_level is not before and _is_idle(driver):
                driver.isolation_level = before


def _may_begin(driver: Connection[Any]) -> bool:
    """Say whether the next statement begins a transaction, and nothing special."""
    return (
        Pipeline.is_supported()
        and not driver.autocommit
        and driver.read_only is None
        and driver.deferrable is None
        and _is_idle(driver)
    )


def _is_idle(driver: Connection[Any]) -> bool:
    """Say whether no transaction is open on a living connection."""
    return driver.info.transaction_status is TransactionStatus.IDLE
