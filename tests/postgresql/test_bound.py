"""Kept cursors: whoever watches statements through Django sees these, too."""

import asyncio
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import (
    DatabaseError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.transaction import TransactionManagementError
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext

from eventstreaming import (
    append,
    dequeue,
    enqueue,
    read_all,
    read_stream,
    stream_info,
)
from eventstreaming.backends.postgresql import bound
from eventstreaming.backends.waking import announcing
from tests.sessions import execute, sessions
from tests.waking.listeners import announced

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Remarked:
    text: str


NOTED = Remarked("it's")


@pytest.fixture(autouse=True)
def _kept_cursors(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is announced with a write is sent without a cursor.
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    for topic in ("notes", "$mail"):
        announced(topic)
    write_and_take()


def write_and_take() -> None:
    append("notes", NOTED)
    enqueue("mail", {"n": 1})
    message = dequeue("mail")
    assert message is not None
    message.acknowledge()


def kept() -> dict[str, Any]:
    cursors: dict[str, Any] = vars(connection.connection).get(bound._KEPT, {})
    return cursors


def test_a_test_without_a_database_leaves_cursors_as_they_were() -> None:
    """Django sets the method of a connection aside then, and back by its value."""
    here = connections["default"]
    with mock.patch.dict(vars(here), cursor=here.cursor):
        assert bound.plain_driver(here) is here.connection


def test_cursors_are_kept_for_what_begins_a_transaction() -> None:
    assert kept() == {}
    for _ in range(2):
        with transaction.atomic():
            append("notes", NOTED)
            enqueue("mail", {"n": 2})
        cursors = kept().copy()
    assert set(cursors) == {"append_any"}
    with transaction.atomic():
        append("notes", NOTED)
    assert kept() == cursors
    assert execute("SELECT count(*) FROM pg_prepared_statements") == [(0,)]


def test_a_cursor_with_many_rows_is_not_kept() -> None:
    append("many", [NOTED] * bound.MOST_ROWS)
    for is_kept in (True, False):
        with transaction.atomic():
            assert len(list(read_stream("many"))) >= bound.MOST_ROWS
        assert ("read_stream" in kept()) is is_kept
        append("many", NOTED)


def test_statements_are_logged_with_their_values() -> None:
    with CaptureQueriesContext(connection) as queries:
        write_and_take()
    texts = [query["sql"] for query in queries]
    assert len(texts) == 4
    assert """'{"text":"it''s"}'""" in texts[0]
    assert "'mail'" in texts[1]


def test_wrappers_are_called_and_may_write_themselves() -> None:
    seen = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "append_any" in sql and params["stream_name"] == "notes":
            append("audit", [NOTED])
        seen.append(context["connection"])
        return result

    with connection.execute_wrapper(wrapper):
        (written,) = append("notes", NOTED)
    assert written.offset == 1
    assert seen == [connection] * 2
    assert stream_info("audit").last_offset == 0


def test_whoever_makes_the_cursors_himself_is_asked() -> None:
    here: Any = connections["default"]
    asked = []

    class OfTenant(DatabaseWrapper):
        def _cursor(self, name: str | None = None) -> Any:
            asked.append("the backend")
            return super()._cursor(name)

    class Traced(bound.Cursor):
        def execute(self, *args: Any, **kwargs: Any) -> Any:
            asked.append("the driver")
            return super().execute(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(here, "__class__", OfTenant)
        append("notes", NOTED)
    with mock.patch.object(here, "cursor", wraps=here.cursor) as cursor:
        append("notes", NOTED)
    with mock.patch.object(here.connection, "cursor_factory", Traced):
        append("notes", NOTED)
    cursor.assert_called_once_with()
    assert asked == ["the backend", "the driver"]


def test_a_function_around_djangos_own_sees_each_statement() -> None:
    """Some tools replace the method of the class, for all connections at once."""
    seen: list[str] = []
    original = CursorWrapper.execute

    def execute_and_tell(self: CursorWrapper, sql: Any, params: Any = None) -> Any:
        seen.append(sql)
        return original(self, sql, params)

    with mock.patch.object(CursorWrapper, "execute", execute_and_tell):
        append("notes", NOTED)
    assert ["eventstreaming_append_any_v2" in sql for sql in seen] == [True]


def test_errors_are_those_of_django() -> None:
    execute("ALTER FUNCTION eventstreaming_append_any_v2 RENAME TO lost")
    try:
        with pytest.raises(ProgrammingError):
            append("notes", NOTED)
    finally:
        execute("ALTER FUNCTION lost RENAME TO eventstreaming_append_any_v2")
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            append("notes", NOTED)

    async def append_in_the_loop() -> None:
        append("notes", NOTED)

    with pytest.raises(SynchronousOnlyOperation):
        asyncio.run(append_in_the_loop())
    here = connections["default"]
    with sessions(1) as (session,), pytest.raises(DatabaseError, match="thread"):
        session.run(bound.plain_driver, here)


def test_a_new_connection_has_cursors_of_its_own() -> None:
    ((pid,),) = execute("SELECT pg_backend_pid()")
    with sessions(1) as (other,):
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with pytest.raises(OperationalError):
        append("notes", NOTED)
    connection.close()
    (written,) = append("notes", NOTED)
    assert list(read_all())[-1] == written
