"""
Sending some statements at once, where one who waits feels each step of Python.

psycopg's pipeline does that with its cursors. But a process that has had nothing to
do for a moment runs all code slowly at first, and here is much less of it: the
statements go to libpq, and their answers are waited for once.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import OperationalError, Pipeline
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Wait

from eventstreaming.backends.postgresql.wire import Texts, dumped, loaded, send

# Its text, with $1 in the place of the first value, and the values.
Statement: TypeAlias = tuple[bytes, list[Any] | Texts]

_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED)


class Together:
    """
    Transactions that are sent at once; the server begins with one after the other.

    Each is some statements that commit together, where the connection commits by
    itself. One that fails keeps none of the others from being done.
    """

    def __init__(
        self, connection: BaseDatabaseWrapper, *transactions: Sequence[Statement]
    ) -> None:
        """Take them for a connection whose driver can_send_together()."""
        self._connection = connection
        driver: Any = connection.connection
        self._driver = driver
        try:
            self._transactions = [
                [dumped(driver, *each) for each in statements]
                for statements in transactions
            ]
        except Exception:  # of a value that psycopg does not take
            with connection.wrap_database_errors:
                raise
        self._results: list[list[PGresult]] = [[] for _ in transactions]
        self._ended = 0

    @property
    def is_prepared(self) -> bool:
        """Say whether each statement with values is prepared, or is not to be."""
        return all(
            each.is_prepared for statements in self._transactions for each in statements
        )

    def run(self) -> None:
        """
        Send all, and wait for the answers; errors are among these.

        Raise OperationalError when the connection is lost: what was answered by then
        is known all the same.
        """
        pgconn: PGconn = self._driver.pgconn
        try:
            with self._driver.lock:
                self._driver.wait(self._exchange(pgconn))
        except Exception:
            with self._connection.wrap_database_errors:
                raise
        finally:
            if pgconn.pipeline_status != PipelineStatus.OFF:
                pgconn.finish()  # what is yet to come would be taken for another's
                self._connection.errors_occurred = True  # so that Django looks

    def is_done(self, number: int) -> bool:
        """Say whether a transaction is over, without an error."""
        return self._ended > number and not self._failure(number)

    def rows(self, number: int) -> list[Any]:
        """
        Return the rows of a transaction's last statement, or raise what went wrong.

        That may be its commit: rows come before it. After run(), or of one that
        is_done().
        """
        if failure := self._failure(number):
            with self._connection.wrap_database_errors:
                raise error_from_result(failure)
        return loaded(self._driver, self._results[number][-1])

    def _failure(self, number: int) -> PGresult | None:
        results = self._results[number]
        return next((each for each in results if each.status in _FAILED), None)

    def _exchange(self, pgconn: PGconn) -> PQGen[None]:
        pgconn.enter_pipeline_mode()
        for statements in self._transactions:
            for statement in statements:
                send(pgconn, statement)
            pgconn.pipeline_sync()
        while pgconn.flush():
            yield Wait.RW
            pgconn.consume_input()
        was_silent = False
        while self._ended < len(self._results):
            while pgconn.is_busy():
                yield Wait.R
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is not None:
                self._note(result)
            elif was_silent:  # only one stands between the answers to two statements
                raise OperationalError("the server has not answered all statements")
            was_silent = result is None
        pgconn.exit_pipeline_mode()
        while notification := pgconn.notifies():
            if pgconn.notify_handler:
                pgconn.notify_handler(notification)

    def _note(self, result: PGresult) -> None:
        if result.status == ExecStatus.PIPELINE_SYNC:
            self._ended += 1
        else:
            self._results[self._ended].append(result)


def can_send_together(driver: Any) -> bool:
    """Say whether nothing is under way on a living connection, not even by others."""
    pgconn = driver.pgconn
    return (
        _is_supported()
        and pgconn.transaction_status == TransactionStatus.IDLE
        and pgconn.pipeline_status == PipelineStatus.OFF
    )


@cache
def _is_supported() -> bool:
    return Pipeline.is_supported()
