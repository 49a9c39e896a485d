"""Telling a database that is away, or busy, from an error in a statement."""

import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import Error, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from eventstreaming import clock

logger = logging.getLogger("eventstreaming.worker")

T = TypeVar("T")

# By SQLSTATE: connection trouble, shutdown and crash, time-outs of idle
# sessions and transactions, a standby that was written to, too many clients.
_AWAY_CLASSES = ("08", "57P")
_AWAY = frozenset({"25P03", "25P04", "25006", "53300"})
# What may be tried again at once, with the whole transaction.
_CONTENTION = frozenset({"40001", "40P01", "55P03"})
# What a worker waits out in its own statements: no disk, memory or connections
# left, trouble of the system below, a statement that was cancelled. In a handler's
# statement it is the handler's failure.
_SHORTAGE_CLASSES = ("53", "58")
_CANCELLED = "57014"
# The same on SQLite, which has codes of its own: "database is locked" is BUSY,
# "database table is locked" is LOCKED.
_SQLITE_BUSY, _SQLITE_LOCKED = 5, 6


def sqlstate_of(error: BaseException) -> str | None:
    """Return the SQLSTATE of a database error, Django's or the driver's."""
    for candidate in (error, error.__cause__):
        state = getattr(candidate, "sqlstate", None)
        if state:
            return str(state)
    return None


def is_outage(error: BaseException, alias: str, used: Any = None) -> bool:
    """
    Say whether the database is away, rather than unwilling.

    The class of the error does not tell: an idle time-out is an InternalError,
    a name that is too long an OperationalError. `used` is the driver's
    connection that raised it: leaving atomic(), Django has opened another one
    if the server was back by then.
    """
    if not isinstance(error, Error):
        return False
    state = sqlstate_of(error)
    if state is not None:
        return state.startswith(_AWAY_CLASSES) or state in _AWAY
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return is_broken(alias) or bool(getattr(used, "closed", False))


def is_contention(error: BaseException) -> bool:
    """Say whether the whole transaction may simply be run again."""
    if not isinstance(error, Error):
        return False
    if sqlstate_of(error) in _CONTENTION:
        return True
    return _sqlite_code_of(error) in (_SQLITE_BUSY, _SQLITE_LOCKED)


def is_shortage(error: BaseException) -> bool:
    """Say whether the server lacks something for now."""
    state = sqlstate_of(error)
    return state is not None and (
        state.startswith(_SHORTAGE_CLASSES) or state == _CANCELLED
    )


def is_broken(alias: str) -> bool:
    """Say whether this thread has no connection, or one that has ended."""
    connection = connections[alias].connection
    return connection is None or bool(getattr(connection, "closed", False))


def _sqlite_code_of(error: BaseException) -> int | None:
    """Return the primary result code of an error of SQLite."""
    code = getattr(error.__cause__, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


class Patience:
    """
    Waits an outage out, with growing pauses, and says so once.

    One for each thread; `stop` ends the waiting.
    """

    FIRST, LONGEST = 0.1, 5.0  # seconds

    def __init__(self, what: str, alias: str | None, stop: threading.Event) -> None:
        self.what = what
        self.alias = alias
        self.stop = stop
        self._since: float | None = None
        self._pause = self.FIRST

    def attempt(self, action: Callable[[], T]) -> T | None:
        """Run `action`; when the database is away, pause and return None."""
        used: Any = None
        try:
            if self.alias is not None:
                connection = connections[self.alias]
                if connection.connection is None:
                    connection.ensure_connection()
                used = connection.connection
            result = action()
        except Error as error:
            if is_contention(error):
                self.stop.wait(self.FIRST * clock.random())
            elif self.alias is not None and (
                is_outage(error, self.alias, used) or is_shortage(error)
            ):
                self._wait(error, connections[self.alias])
            else:
                raise
            return None
        self._recovered()
        return result

    def _wait(self, error: Error, connection: BaseDatabaseWrapper) -> None:
        connection.close()
        if self._since is None:
            self._since = clock.monotonic()
            reason = str(error).strip().partition("\n")[0]
            logger.warning("%s: the database is away (%s); waiting", self.what, reason)
        self.stop.wait(self._pause * (0.5 + clock.random() / 2))
        self._pause = min(self._pause * 2, self.LONGEST)

    def _recovered(self) -> None:
        if self._since is not None:
            away = clock.monotonic() - self._since
            logger.info("%s: the database is back after %.1f s", self.what, away)
            self._since, self._pause = None, self.FIRST
