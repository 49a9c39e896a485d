"""
Waiting for the answer to a short statement.

It comes soon, mostly, and what Python does once it is there takes as long as other parts
of the statement. So it is waited for in fewer steps than psycopg takes, and as there an
interrupt cancels the statement. What comes later than soon psycopg itself waits for.
"""

import select
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from psycopg import DatabaseError, generators, waiting
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

SOON = 100  # milliseconds; as often psycopg looks whether it was interrupted
PATIENCE = 5.0  # seconds that asking to cancel may take

_KEPT = "_eventstreaming_poll"  # on the driver's connection, whose socket it is for
_FATAL = ExecStatus.FATAL_ERROR  # an attribute of an Enum takes longer than a global


def answer(driver: Any) -> PGresult:
    """
    Wait for the answer to the one statement that was sent, and return it.

    It is an error of the server's if there is one, of the commit, too: that comes after
    the rows. Raise OperationalError when the connection is lost, and KeyboardInterrupt
    when interrupted: the statement is cancelled then, and the connection can be used.
    The driver's lock is the caller's.
    """
    pgconn = driver.pgconn
    poll = vars(driver).get(_KEPT) or _poll_of(driver)
    try:
        poll(SOON)
        pgconn.consume_input()
        if pgconn.is_busy():  # it is not there yet, or a part of it is
            return _later(driver, [])
        result: PGresult = pgconn.get_result()
        if pgconn.is_busy():  # it goes on
            return _later(driver, [result])
        if (failure := pgconn.get_result()) is not None:
            return _later(driver, [result, failure])
    except KeyboardInterrupt:
        _cancel(driver)
        raise
    while notification := pgconn.notifies():
        if pgconn.notify_handler:
            pgconn.notify_handler(notification)
    return result


def _later(driver: Any, results: list[PGresult]) -> PGresult:
    """Wait until the server is ready for the next statement; see answer()."""
    try:
        results += driver.wait(generators.execute(driver.pgconn))
    except DatabaseError:  # the connection is lost
        if not _failures(results):
            raise
    return (_failures(results) or results)[0]


def _failures(results: list[PGresult]) -> list[PGresult]:
    return [result for result in results if result.status == _FATAL]


def _cancel(driver: Any) -> None:
    """Do what psycopg does when it is interrupted: else nothing could follow."""
    if driver.pgconn.transaction_status == TransactionStatus.ACTIVE:
        with suppress(Exception):  # the interrupt is what the caller is to know of
            driver.cancel_safe(timeout=PATIENCE)
            driver.wait(generators.execute(driver.pgconn))


def _poll_of(driver: Any) -> Callable[[int], object]:
    """Return and keep what waits for the socket; what never does where psycopg is to."""
    poll: Callable[[int], object] = _never_soon
    # Where it has other ways, there is no poll(), or greenlets are to take turns.
    if waiting.wait is getattr(waiting, "wait_c", None):
        poller = select.poll()
        poller.register(driver.pgconn.socket, select.POLLIN)
        poll = poller.poll
    vars(driver)[_KEPT] = poll
    return poll


def _never_soon(milliseconds: int) -> bool:
    return False
