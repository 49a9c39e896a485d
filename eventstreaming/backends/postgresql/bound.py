"""
Executing the short statements, with parameters that the server binds.

Django makes a cursor for each statement and writes the parameters into its text.
That takes longer than some statements do, so here they go to libpq, and to a cursor of
psycopg, which is kept, where they begin a transaction or are about to be prepared.
Django's checks and errors are as ever, and where somebody watches its cursors, a log, a
wrapper or a tool, they get to see one. Nothing is prepared unless the project's
DATABASES say so.
"""

import re
from asyncio import _get_running_loop
from functools import cache, lru_cache
from threading import get_ident
from typing import Any, TypeAlias

from django.apps import apps
from django.conf import settings
from django.db.backends import utils
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import (
    Cursor,
    DatabaseWrapper,
    ServerBindingCursor,
)
from psycopg import Connection, OperationalError

from eventstreaming.backends.postgresql import wire
from eventstreaming.backends.postgresql.wire import Texts
from eventstreaming.backends.relational import RelationalStore
from eventstreaming.backends.statements import statement

MOST_ROWS = 16  # a cursor that is kept holds on to its last result

# By the names in the statement; or as texts already, in the order of these names.
Params: TypeAlias = dict[str, Any] | Texts

_PARAMETER = re.compile(r"%\((\w+)\)s")
# The settings that were asked for already. To get one from here takes a tenth of what
# LazySettings takes, whose __getattribute__() is Python; override_settings empties it.
_settings: dict[str, Any] = vars(settings)
_KEPT = "_eventstreaming_cursors"  # on the driver's connection, which they belong to
_OF_DJANGO: tuple[Any, ...] = (Cursor, ServerBindingCursor)
_make_cursor: Any = ServerBindingCursor
# A backend or a tool that has methods of its own here wants to see each cursor.
_MAKING_CURSORS = (
    "cursor",
    "_cursor",
    "_prepare_cursor",
    "create_cursor",
    "queries_logged",
)


class BoundStatements(RelationalStore):
    """A store in PostgreSQL whose shortest statements cost as little as they can."""

    def _execute_bound(
        self,
        name: str,
        params: Params,
        connection: BaseDatabaseWrapper | None = None,
    ) -> list[Any]:
        """
        Return the rows of a statement, none of which holds a time.

        `connection` is this thread's, if the caller has looked it up.
        """
        connection = connection or self.connection
        driver = plain_driver(connection)
        if driver is None:
            return self._execute(name, _named(name, params))
        if connection.needs_rollback:
            connection.validate_no_broken_transaction()
        try:
            rows = wire.execute(driver, *numbered(name, params))
            return _by_cursor(driver, name, params) if rows is None else rows
        except Exception:
            with connection.wrap_database_errors:
                raise


def _by_cursor(driver: Any, name: str, params: Params) -> list[Any]:
    """Return the rows of a statement by a cursor that is kept."""
    kept = vars(driver).setdefault(_KEPT, {})
    cursor = kept.get(name)
    if cursor is None:
        cursor = kept[name] = _make_cursor(driver)
    cursor.execute(statement(name), _named(name, params))
    rows: list[Any] = cursor.fetchall()
    if len(rows) > MOST_ROWS:
        del kept[name]
    return rows


def plain_driver(connection: Any) -> Any:
    """
    Return the driver's connection, to be used past Django's cursors.

    None where something else than Django itself makes the cursors or executes, and
    where somebody watches: a log is to show the parameters, and a wrapper may execute
    the same statement before its rows are fetched. And where the connection speaks
    another encoding than Django has told it to: what is kept was made for UTF-8.
    """
    backend: Any = type(connection)
    cursor = vars(connection).get("cursor")
    if not _is_plain(backend) or (cursor and not _is_own(cursor, backend)):
        return None
    # Django is asked for DEBUG until it is known to be False. This and the next are its
    # queries_logged, without the calls.
    if (
        (_settings.get("DEBUG", True) and settings.DEBUG)
        or connection.force_debug_cursor
        or connection.execute_wrappers
    ):
        return None
    if not apps.ready or utils.CursorWrapper.execute is not _DJANGOS_EXECUTE:
        return None
    # What Django asks each time, in calls that are mostly for nothing.
    if connection.health_check_enabled and not connection.health_check_done:
        connection.close_if_health_check_failed()
    if connection.connection is None or _get_running_loop() is not None:
        connection.ensure_connection()  # refuses an event loop
    if connection._thread_ident != get_ident():
        connection.validate_thread_sharing()
    driver: Any = connection.connection
    if type(driver) is not Connection or driver.cursor_factory not in _OF_DJANGO:
        return None
    try:
        encoding = driver.pgconn.parameter_status(b"client_encoding")
    except OperationalError:  # it is closed, and Django says so
        return None
    return driver if encoding == b"UTF8" else None


def numbered(name: str, params: Params) -> tuple[bytes, list[Any] | Texts]:
    """Return a statement as libpq takes it, with $1 for the first of the values."""
    text, names = _numbered(statement(name))
    if isinstance(params, tuple):
        return text, params
    return text, [params[each] for each in names]


@cache
def of_texts(name: str) -> wire.OfTexts:
    """Return a statement as libpq takes it, with its values as texts."""
    text, names = _numbered(statement(name))
    return text, (0,) * len(names)


def _named(name: str, params: Params) -> dict[str, Any]:
    """Return values as cursors take them: psycopg gives a str no type either."""
    if isinstance(params, dict):
        return params
    _, names = _numbered(statement(name))
    return dict(zip(names, map(bytes.decode, params), strict=True))


@lru_cache
def _numbered(text: str) -> tuple[bytes, list[str]]:
    names = list(dict.fromkeys(_PARAMETER.findall(text)))
    numbers = {name: f"${number}" for number, name in enumerate(names, 1)}
    return _PARAMETER.sub(lambda found: numbers[found[1]], text).encode(), names


def _is_own(cursor: Any, backend: Any) -> bool:
    """
    Say whether an attribute of a connection is the very method of its class.

    A SimpleTestCase sets the method aside, and back as an attribute of the connection.
    """
    return getattr(cursor, "__func__", None) is backend.cursor


def _djangos_execute() -> Any:
    """Return how Django executes; None if something is around it by now."""
    execute: Any = utils.CursorWrapper.execute
    code = getattr(execute, "__code__", None)
    return execute if code and code.co_filename == utils.__file__ else None


_DJANGOS_EXECUTE = _djangos_execute()


@lru_cache
def _is_plain(cls: Any) -> bool:
    return all(
        getattr(cls, method) is getattr(DatabaseWrapper, method)
        for method in _MAKING_CURSORS
    )
