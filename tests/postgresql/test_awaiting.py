"""Waiting for an answer: what comes in parts, late, never, or beside it."""

import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from time import monotonic, sleep
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.db import OperationalError as DjangosOperationalError
from django.db import connection
from django.db.utils import IntegrityError
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

from eventstreaming import append, read_stream, stream_info
from eventstreaming.backends.postgresql import awaiting
from eventstreaming.backends.waking import announcing
from tests.sessions import execute, sessions
from tests.waking.listeners import announced

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Taken:
    number: int


@dataclass(frozen=True)
class Refused:
    number: int


LATE = """
CREATE FUNCTION pg_temp.speak() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {seconds} > 0 THEN
        RAISE WARNING 'the commit goes on';  -- is sent at once, and the rows with it
        PERFORM pg_sleep({seconds});
    END IF;
    IF NEW.event_type = 'Refused' THEN
        RAISE unique_violation USING MESSAGE = 'refused at the commit';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER speak AFTER INSERT ON eventstreaming_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.speak();
"""


PARTS = """
CREATE FUNCTION pg_temp.parts() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE WARNING 'is sent at once';
    PERFORM pg_sleep(20);
END $$
"""


@pytest.fixture(params=["soon", "later", "by psycopg"])
def driver(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Return a new connection whose answers are waited for in one of the ways."""
    if request.param == "later":
        monkeypatch.setattr(awaiting, "SOON", 0)
    elif request.param == "by psycopg":
        monkeypatch.setattr(psycopg.waiting, "wait_c", None, raising=False)
        monkeypatch.delattr(select, "poll")
    connection.close()
    connection.ensure_connection()
    yield connection.connection
    connection.close()


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


class Stop(BaseException):
    """As what ends a task whose time is up."""


@contextmanager
def stopped_after(seconds: float) -> Iterator[None]:
    def stop(*args: object) -> None:
        raise Stop

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def ask(driver: Any, text: str) -> Any:
    """Return the first value, or raise the server's error."""
    with driver.lock:
        try:
            driver.pgconn.send_query_params(text.encode(), None)
            result = awaiting.answer(driver)
        except BaseException:
            awaiting.settle(driver)
            raise
    if result.status == ExecStatus.FATAL_ERROR:
        raise error_from_result(result)
    return result.get_value(0, 0)


def terminate(pid: int) -> None:
    with sessions(1) as (other,):
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_answers_short_long_and_late(driver: Any) -> None:
    assert ask(driver, "SELECT 1") == b"1"
    assert ask(driver, "SELECT repeat('x', 2000000)") == b"x" * 2_000_000
    assert ask(driver, "SELECT pg_sleep(0.15)") == b""
    assert ask(driver, "SELECT 2") == b"2"
    assert driver.pgconn.transaction_status == TransactionStatus.IDLE


def test_an_error_is_the_answer(driver: Any) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.errors.DivisionByZero):
            ask(driver, "SELECT 1 / 0")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        ask(driver, "SELECT pg_sleep(0.15), 'x'::text::int")
    assert ask(driver, "SELECT 1") == b"1"


def test_notifications_beside_the_answer_are_handed_on(driver: Any) -> None:
    heard: list[str] = []
    driver.add_notify_handler(lambda notification: heard.append(notification.payload))
    execute("LISTEN beside")
    with sessions(1) as (other,):
        other.execute("NOTIFY beside, 'first'")
        other.execute("NOTIFY beside, 'second'")
    assert ask(driver, "SELECT 1") == b"1"
    assert heard == ["first", "second"]
    assert ask(driver, "SELECT pg_notify('beside', 'with the answer')") == b""
    assert heard[2:] == ["with the answer"]


def test_a_terminated_connection_says_so(driver: Any) -> None:
    timer = Timer(0.05, terminate, [driver.info.backend_pid])
    timer.start()
    with pytest.raises(psycopg.errors.AdminShutdown):
        ask(driver, "SELECT pg_sleep(20)")
    timer.join()
    with pytest.raises(psycopg.OperationalError):
        ask(driver, "SELECT 1")


def test_a_connection_that_is_cut_raises(driver: Any) -> None:
    pid = driver.info.backend_pid
    line = socket.socket(fileno=os.dup(driver.pgconn.socket))
    timer = Timer(0.05, line.shutdown, [socket.SHUT_RDWR])
    timer.start()
    with pytest.raises(psycopg.OperationalError, match="closed the connection"):
        ask(driver, "SELECT pg_sleep(20)")
    timer.join()
    line.close()
    terminate(pid)  # it sleeps on


@pytest.mark.parametrize("after", [0.03, 0.3])
@pytest.mark.parametrize("statement", ["pg_sleep(20)", "pg_temp.parts()"])
def test_an_interrupted_statement_is_cancelled(
    driver: Any, after: float, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(PARTS)
    cancel = mock.Mock(side_effect=driver.cancel_safe)
    monkeypatch.setattr(driver, "cancel_safe", cancel)
    pid, began = driver.info.backend_pid, monotonic()
    with interrupted_after(after):
        ask(driver, f"SELECT {statement}")
    assert monotonic() - began < 10
    assert ask(driver, "SELECT 1") == b"1"
    assert driver.info.backend_pid == pid
    assert driver.pgconn.transaction_status == TransactionStatus.IDLE
    assert cancel.call_count == 1  # a second would meet the next statement


def test_an_interrupt_whose_cancelling_fails_waits_for_the_end(
    driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = mock.Mock(side_effect=psycopg.OperationalError("no connection left"))
    monkeypatch.setattr(driver, "cancel_safe", refused)
    with interrupted_after(0.03):
        ask(driver, "SELECT pg_sleep(0.5)")
    assert ask(driver, "SELECT 1") == b"1"
    assert driver.pgconn.transaction_status == TransactionStatus.IDLE


def test_a_connection_whose_statement_never_ends_is_closed(
    driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = driver.info.backend_pid
    driver.pgconn.send_query_params(b"SELECT pg_sleep(20)", None)
    monkeypatch.setattr(awaiting, "PATIENCE", 0.3)
    monkeypatch.setattr(driver, "cancel_safe", mock.Mock())
    awaiting.settle(driver)
    assert driver.closed
    terminate(pid)


def test_a_second_interrupt_closes_the_connection(
    driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = driver.info.backend_pid
    driver.pgconn.send_query_params(b"SELECT pg_sleep(20)", None)
    again = mock.Mock(side_effect=KeyboardInterrupt)
    monkeypatch.setattr(driver, "cancel_safe", again)
    with pytest.raises(KeyboardInterrupt):
        awaiting.settle(driver)
    assert driver.closed
    terminate(pid)


@pytest.mark.parametrize("is_short", [True, False], ids=["short", "other"])
def test_whatever_interrupts_leaves_a_connection_that_goes_on(
    driver: Any, is_short: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the time limit of a task does, wherever the program is by then."""
    monkeypatch.setattr(announcing, "WINDOW", 60.0)  # no NOTIFY goes along
    announced("hot")
    append("hot", Taken(0))
    key = None if is_short else "k"

    def write_on() -> None:
        for number in range(10_000):
            append("hot", Taken(number), key=key)

    for turn in range(25):
        with pytest.raises(Stop), stopped_after(0.02 + turn / 1000):
            write_on()
        assert driver.pgconn.transaction_status == TransactionStatus.IDLE
        append("hot", Taken(0), key=key)
    assert connection.connection is driver
    offsets = [event.offset for event in read_stream("hot")]
    assert offsets == list(range(len(offsets)))


def test_what_interrupts_a_wait_for_a_lock_is_raised_at_once(
    driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    announced("hot")
    append("hot", Taken(0))
    with sessions(1) as (other,):
        other.begin()
        other.run(append, "hot", Taken(1))
        with pytest.raises(Stop), stopped_after(0.05):
            append("hot", Taken(2))
        assert driver.pgconn.transaction_status == TransactionStatus.IDLE
        other.commit()
    append("hot", Taken(3))
    assert [event.data for event in read_stream("hot")] == [
        {"number": number} for number in (0, 1, 3)
    ]


def test_a_long_statement_is_sent_without_a_wait_for_an_answer(
    driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "SOON", awaiting.SOON and 60_000)
    began = monotonic()
    assert ask(driver, f"SELECT length('{'x' * 5_000_000}')") == b"5000000"
    assert monotonic() - began < 30


def test_a_long_statement_on_a_terminated_connection_says_why(driver: Any) -> None:
    terminate(driver.info.backend_pid)
    with pytest.raises(psycopg.errors.AdminShutdown):
        ask(driver, f"SELECT length('{'x' * 2_000_000}')")


def test_an_interrupted_commit_is_cancelled(driver: Any) -> None:
    """Its rows are there already."""
    append("late", Taken(0))
    execute(LATE.format(seconds=20))
    began = monotonic()
    with interrupted_after(0.3):
        append("late", Taken(1))
    assert monotonic() - began < 10
    execute("DROP TRIGGER speak ON eventstreaming_event")
    assert stream_info("late").last_offset == 0


def test_an_answer_that_is_there_survives_an_interrupt(
    driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left on the connection that the next statement would take for its."""
    if awaiting._poll_of(driver) is awaiting._never_soon:
        pytest.skip("psycopg waits")

    def interrupt(milliseconds: int) -> bool:
        sleep(0.05)  # it comes meanwhile
        raise KeyboardInterrupt

    monkeypatch.setitem(vars(driver), awaiting._KEPT, interrupt)
    with pytest.raises(KeyboardInterrupt):
        ask(driver, "SELECT 1")
    monkeypatch.undo()
    assert ask(driver, "SELECT 2") == b"2"


@pytest.mark.parametrize("threshold", [None, 0], ids=["plain", "prepared"])
@pytest.mark.parametrize("is_short", [True, False], ids=["short", "other"])
@pytest.mark.parametrize("seconds", [0, 0.05])
def test_a_commit_that_fails_after_the_rows_has_failed(
    driver: Any,
    threshold: int | None,
    is_short: bool,
    seconds: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a serializable transaction does, or a deferred constraint."""
    monkeypatch.setattr(announcing, "WINDOW", 60.0)  # no NOTIFY goes along
    announced("late")
    driver.prepare_threshold = threshold
    key = None if is_short else "k"
    append("late", Taken(0), key=key)
    execute(LATE.format(seconds=seconds))
    try:
        for number in range(1, 4):  # psycopg prepares it at first
            (event,) = append("late", Taken(number), key=key)
            assert event.offset == number
            with pytest.raises(IntegrityError, match="refused at the commit"):
                append("late", Refused(number), key=key)
        assert len(list(read_stream("late"))) == 4
        assert stream_info("late").last_offset == 3
    finally:
        execute("DROP TRIGGER speak ON eventstreaming_event")


def test_a_lost_connection_is_djangos_error(driver: Any) -> None:
    append("notes", Taken(0))
    terminate(driver.info.backend_pid)
    with pytest.raises(DjangosOperationalError):
        append("notes", Taken(0))
