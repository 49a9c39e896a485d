"""Beginning a transaction in READ COMMITTED, without a statement that says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import transaction
from psycopg import Connection, IsolationLevel
from psycopg.pq import TransactionStatus

from eventstreaming.backends.postgresql.bound import (
    BoundStatements,
    numbered,
    plain_driver,
)
from eventstreaming.backends.postgresql.together import Together, can_send_together

_BEGIN = b"BEGIN ISOLATION LEVEL READ COMMITTED"


class ReadCommittedBatches(BoundStatements):
    """A store in PostgreSQL whose batches begin with one round trip."""

    def _opening(self, name: str, params: dict[str, Any]) -> Callable[[], list[Any]]:
        """
        Return what executes a batch's first statement; its BEGIN is sent along.

        psycopg would wait for the answer to BEGIN, in a pipeline as well. All that can
        be done beforehand is done by then, so that nobody waits for it.
        """
        connection = self.connection
        driver = plain_driver(connection)
        if driver is None or not _may_begin(driver):
            return partial(self._execute_bound, name, params, connection)
        opening = Together(connection, [(_BEGIN, ()), numbered(name, params)])
        if not opening.is_prepared:
            return partial(self._execute_bound, name, params, connection)
        return partial(_rows, opening)

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


def _rows(opening: Together) -> list[Any]:
    opening.run()
    return opening.rows(0)


def _may_begin(driver: Connection[Any]) -> bool:
    """Say whether the next statement begins a transaction, and nothing special."""
    return (
        not driver.autocommit
        and driver.read_only is None
        and driver.deferrable is None
        and can_send_together(driver)
    )


def _is_idle(driver: Connection[Any]) -> bool:
    """Say whether no transaction is open on a living connection."""
    return driver.info.transaction_status is TransactionStatus.IDLE
