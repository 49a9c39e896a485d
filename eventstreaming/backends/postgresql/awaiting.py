"""
Waiting for the answer to a short statement.

It comes soon, mostly, and what Python does once it is there takes as long as other parts
of the statement. So it is waited for in fewer steps than psycopg takes. What comes later
than soon psycopg itself waits for.
"""

import select
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from psycopg import DatabaseError, generators, waiting
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Wait

SOON = 100  # milliseconds; as often psycopg looks whether it was interrupted
PATIENCE = 5.0  # seconds: for asking to cancel, and then for the end of the statement

_KEPT = "_eventstreaming_poll"  # on the driver's connection, whose socket it is for
# An attribute of an Enum takes longer than a global.
_FATAL = ExecStatus.FATAL_ERROR
_ACTIVE = TransactionStatus.ACTIVE


def answer(driver: Any) -> PGresult:
    """
    Wait for the answer to the one statement that was sent, and return it.

    It is an error of the server's if there is one, of the commit, too: that comes after
    the rows. Raise OperationalError when the connection is lost. The driver's lock is
    the caller's, and so is settle() after any exception.
    """
    pgconn = driver.pgconn
    poll = vars(driver).get(_KEPT) or _poll_of(driver)
    if pgconn.flush() or not pgconn.is_busy():  # it is long, or the connection lost
        return _later(driver, [])
    poll(SOON)
    pgconn.consume_input()
    if pgconn.is_busy():  # it is not there yet, or a part of it is
        return _later(driver, [])
    result: PGresult = pgconn.get_result()
    if pgconn.is_busy():  # it goes on
        return _later(driver, [result])
    if (more := pgconn.get_result()) is not None:
        return _later(driver, [result, more])
    while notification := pgconn.notifies():
        if pgconn.notify_handler:
            pgconn.notify_handler(notification)
    return result


def settle(driver: Any) -> None:
    """
    Cancel what still runs, and wait for its end: no statement could follow it.

    For whoever was interrupted between sending it and the end of its answer, in any
    way: psycopg does so while it waits. The connection is closed if it does not end.
    """
    pgconn = driver.pgconn
    if pgconn.transaction_status != _ACTIVE:
        return
    try:
        with suppress(Exception):
            driver.cancel_safe(timeout=PATIENCE)
        with suppress(Exception):  # the caller's exception is what is to be known
            driver.wait(_end(pgconn))
    finally:
        if pgconn.transaction_status == _ACTIVE:
            pgconn.finish()


def _end(pgconn: PGconn) -> PQGen[None]:
    deadline = monotonic() + PATIENCE
    while pgconn.transaction_status == _ACTIVE and monotonic() < deadline:
        if pgconn.is_busy():
            yield Wait.RW if pgconn.flush() else Wait.R
            pgconn.consume_input()
        else:
            pgconn.get_result()


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
