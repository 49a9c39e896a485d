"""Statements that are sent at once, and what becomes of them and the connection."""

from typing import Any

import pytest
from django.db import DataError, OperationalError, connection

from eventstreaming.backends.postgresql.together import Together, can_send_together
from tests.sessions import execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)

ONE = (b"SELECT $1::int, $2::text[]", [1, ["a", None]])
BAD = (b"SELECT 1 / $1::int", [0])


@pytest.fixture
def driver() -> Any:
    connection.ensure_connection()
    return connection.connection


def test_each_transaction_has_its_rows_or_its_error(driver: Any) -> None:
    execute("CREATE TABLE noted (n int)")
    try:
        some = Together(
            connection,
            [(b"INSERT INTO noted VALUES (1)", ()), BAD, ONE],
            [(b"INSERT INTO noted VALUES (2)", ()), ONE],
        )
        some.run()
        assert [some.is_done(number) for number in (0, 1)] == [False, True]
        with pytest.raises(DataError, match="division by zero"):
            some.rows(0)
        assert some.rows(1) == [(1, ["a", None])]
        assert execute("SELECT n FROM noted") == [(2,)]
    finally:
        execute("DROP TABLE noted")
    assert can_send_together(driver)


def test_text_with_a_zero_byte_is_refused_and_nothing_is_sent(driver: Any) -> None:
    with pytest.raises(DataError):
        Together(connection, [(b"SELECT $1", ["a\0b"])])
    assert can_send_together(driver)


def test_connection_on_which_something_is_under_way_is_left_to_psycopg(
    driver: Any,
) -> None:
    execute("BEGIN")
    assert not can_send_together(driver)
    execute("ROLLBACK")
    with driver.pipeline():
        assert not can_send_together(driver)
    assert can_send_together(driver)


def test_connection_that_is_lost_raises_and_is_replaced(driver: Any) -> None:
    some = Together(connection, [ONE], [(b"SELECT pg_sleep($1)", [60])])
    with sessions(1) as (other,):
        kill = "SELECT pg_terminate_backend(%s, 5000)"
        other.execute(kill, [driver.info.backend_pid])
    with pytest.raises(OperationalError):
        some.run()
    assert not some.is_done(0)
    assert connection.errors_occurred
    connection.close_if_unusable_or_obsolete()
    assert execute("SELECT 1") == [(1,)]


def test_call_that_is_interrupted_leaves_no_answers_to_others(
    driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(BaseException):
        """What is raised in the thread of a handler that takes too long."""

    def interrupted(exchange: Any) -> None:
        next(exchange)
        raise Interrupted

    monkeypatch.setattr(driver, "wait", interrupted)
    with pytest.raises(Interrupted):
        Together(connection, [ONE]).run()
    assert driver.closed
    connection.close_if_unusable_or_obsolete()
    assert execute("SELECT 2") == [(2,)]


def test_notifications_go_to_those_who_have_asked_for_them(driver: Any) -> None:
    heard: list[str] = []
    driver.add_notify_handler(lambda notification: heard.append(notification.payload))
    execute("LISTEN mine")
    Together(connection, [(b"SELECT pg_notify('mine', $1)", ["hello"])]).run()
    assert heard == ["hello"]
