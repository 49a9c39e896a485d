"""Beginning a transaction in READ COMMITTED, without a statement that says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from psycopg import Connection, IsolationLevel
from psycopg.pq import TransactionStatus

from eventstreaming.backends.relational import RelationalStore


class ReadCommittedBatches(RelationalStore):
    """A store in PostgreSQL whose batches begin with one round trip."""

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


def _is_idle(driver: Connection[Any]) -> bool:
    """Say whether no transaction is open on a living connection."""
    return driver.info.transaction_status is TransactionStatus.IDLE
