"""Statements past psycopg's cursors: prepared or not, lost, interrupted, and alike."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction

from eventstreaming import (
    EventData,
    append,
    create_stream,
    delete_stream,
    enqueue,
    event_store,
    read_stream,
)
from eventstreaming.backends import event_stores
from eventstreaming.backends.postgresql import bound, short_appends, wire
from eventstreaming.backends.waking import announcing
from eventstreaming.exceptions import StreamDeleted, WrongExpectedVersion
from eventstreaming.types import ANY_VERSION
from tests.sessions import execute, sessions
from tests.waking.listeners import announced

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Jotted:
    text: str


NOTED = Jotted("it's ü")


@pytest.fixture(params=[None, 0, 2], ids=["plain", "prepared", "prepared later"])
def threshold(request: pytest.FixtureRequest) -> Iterator[int | None]:
    connection.close()
    connection.ensure_connection()
    connection.connection.prepare_threshold = request.param
    yield request.param
    connection.close()


def write() -> None:
    """Send each statement, and the announcement with it."""
    announcing._by_database.clear()
    append("notes", NOTED)
    append("notes", NOTED, key="k", metadata={"by": "me"}, correlation_id="c")
    announcing._by_database.clear()
    enqueue("mail", {"n": 1})
    enqueue("mail", {"n": 2}, delay=1.5, headers={"a": "b"})


def test_statements_are_prepared_where_the_connection_prepares(
    threshold: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        write()
    ((prepared,),) = execute(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ '_plain_|_any_'"
    )
    assert prepared == (0 if threshold is None else 2)
    with monkeypatch.context() as patched:
        patched.setattr(bound, "_make_cursor", None)
        vars(connection.connection).pop(bound._KEPT, None)
        write()  # without a cursor
    events = list(read_stream("notes"))
    assert [event.offset for event in events] == list(range(8))
    assert [event.data for event in events] == [{"text": "it's ü"}] * 8
    assert [event.key for event in events] == [None, "k"] * 4
    delays = execute(
        "SELECT extract(epoch FROM due_at - enqueued_at)::float8, headers->>'a' "
        "FROM eventstreaming_message WHERE state = 1"
    )
    assert delays == [(1.5, "b")] * 4


def test_a_statement_that_was_prepared_and_lost_is_found_again(
    threshold: int | None,
) -> None:
    for _ in range(3):
        write()
    execute("DEALLOCATE ALL")
    write()
    execute("DEALLOCATE ALL")
    announced("notes")
    (written,) = append("notes", NOTED)  # with no announcement
    assert written.offset == 8
    execute("DEALLOCATE ALL")
    with transaction.atomic():
        append("notes", NOTED)
        enqueue("mail", {"n": 3})
    ((messages,),) = execute("SELECT count(*) FROM eventstreaming_message")
    assert (len(list(read_stream("notes"))), messages) == (10, 9)


def test_cursors_are_used_where_libpq_is_busy_or_speaks_otherwise() -> None:
    connection.ensure_connection()
    driver = connection.connection
    one = (driver, b"SELECT $1::text", ["a"])
    assert wire.execute(*one) == [("a",)]
    with driver.pipeline():
        assert wire.execute(*one) is None
    execute("SET client_encoding = 'LATIN1'")
    try:
        assert bound.plain_driver(connections["default"]) is None
    finally:
        execute("SET client_encoding = 'UTF8'")
    assert bound.plain_driver(connections["default"]) is driver
    with transaction.atomic():
        assert wire.execute(*one) is None  # BEGIN is psycopg's
        append("notes", NOTED)
        assert wire.execute(*one) == [("a",)]


def test_errors_leave_the_connection_as_it_was(threshold: int | None) -> None:
    append("notes", NOTED)
    for window in (0.0, 60.0):  # announced with the write, and not
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(announcing, "WINDOW", window)
            for _ in range(3):
                with pytest.raises(WrongExpectedVersion):
                    append("notes", NOTED, expected_version=50)
                (written,) = append("notes", NOTED)
    assert written.offset == 6


def test_values_that_psycopg_refuses_are_refused_before_they_are_sent() -> None:
    connection.ensure_connection()
    with pytest.raises(psycopg.DataError, match="NUL"):
        wire.execute(connection.connection, b"SELECT $1::text", ["a\0b"])
    with pytest.raises(psycopg.ProgrammingError, match="adapt"):
        wire.execute(connection.connection, b"SELECT $1::text", [object()])
    assert wire.execute(connection.connection, b"SELECT 1", []) == [(1,)]


def test_an_error_is_raised_and_not_taken_for_something_to_be_done_again(
    threshold: int | None,
) -> None:
    driver = connection.connection
    for _ in range(4):  # psycopg prepares it meanwhile, if it is to
        cursor = bound._make_cursor(driver)
        cursor.execute("SELECT (6 / %s::int)::text", ["2"])
        assert cursor.fetchone() == ("3",)

    text = b"SELECT (6 / $1::int)::text"

    def sixth(number: bytes) -> tuple[str | None, int] | None:
        return wire.text_by(driver, (text, (0,)), (number,), int, number)

    assert sixth(b"2") == ("3", 2)
    with pytest.raises(psycopg.errors.DivisionByZero):
        sixth(b"0")
    assert sixth(b"3") == ("2", 3)


def test_an_interrupted_statement_is_cancelled() -> None:
    """As psycopg does it: the connection can be used afterwards."""
    connection.ensure_connection()
    driver = connection.connection
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            wire.execute(driver, b"SELECT pg_sleep($1)", [60])
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert wire.execute(driver, b"SELECT 1", []) == [(1,)]


class TestConcurrentStreams:
    """What a store remembers of them spares a look; the server looks again."""

    @pytest.fixture(autouse=True)
    def _remembers_nothing(self) -> None:
        event_stores.forget()

    @pytest.fixture
    def sent(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        names = []

        def noting(real: Callable[..., Any]) -> Callable[..., Any]:
            def noted(name: str, *params: Any) -> Any:
                names.append(name)
                return real(name, *params)

            return noted

        monkeypatch.setattr(bound, "numbered", noting(bound.numbered))
        monkeypatch.setattr(short_appends, "of_texts", noting(bound.of_texts))
        monkeypatch.setattr(announcing, "WINDOW", 60.0)
        announced("clicks")
        return names

    def test_second_append_looks_for_a_concurrent_stream_only(
        self, sent: list[str]
    ) -> None:
        create_stream("clicks", concurrent=True)
        events = [append("clicks", NOTED)[0] for _ in range(3)]
        with_key = append("clicks", NOTED, key="k")
        assert sent == ["append_any", *["append_concurrent"] * 2, "append_one"]
        assert all(event.offset == event.position for event in [*events, *with_key])
        assert list(read_stream("clicks")) == [*events, *with_key]
        assert events == sorted(events, key=lambda event: event.timestamp)
        assert events[1].stream_name == "clicks"
        ((category,),) = execute("SELECT DISTINCT category FROM eventstreaming_event")
        assert category == "clicks"

    def test_a_serial_stream_in_its_place_is_found(self, sent: list[str]) -> None:
        create_stream("clicks", concurrent=True)
        append("clicks", NOTED)
        execute("UPDATE eventstreaming_stream SET kind = 0, next_offset = 0")
        (event,) = append("clicks", NOTED)
        assert event.offset == 0
        (event,) = append("clicks", NOTED, expected_version=0)
        append("clicks", NOTED)
        again = ["append_any", "append_plain", "append_any"]
        assert sent == ["append_any", "append_concurrent", *again]

    def test_a_deleted_stream_is_refused(self) -> None:
        create_stream("clicks", concurrent=True)
        append("clicks", NOTED)
        delete_stream("clicks")
        with pytest.raises(StreamDeleted):
            append("clicks", NOTED)
        with transaction.atomic(), pytest.raises(StreamDeleted):
            append("clicks", NOTED)

    def test_its_marker_is_set_before_the_position_is_drawn(self) -> None:
        create_stream("clicks", concurrent=True)
        with sessions(1) as (writer,):
            writer.run(append, "clicks", NOTED)
            append("clicks", NOTED)
            writer.begin()
            (written,) = writer.run(append, "clicks", NOTED)
            append("clicks", NOTED)
            assert event_store.fence() == written.position - 1
            assert len(list(read_stream("clicks"))) == 2
            writer.commit()
        assert len(list(read_stream("clicks"))) == 4

    def test_a_store_remembers_only_so_many(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(short_appends, "MOST_CONCURRENT", 2)
        for number in range(5):
            create_stream(f"clicks-{number}", concurrent=True)
            append(f"clicks-{number}", NOTED, expected_version=ANY_VERSION)
        store: Any = event_stores["default"]
        assert len(store._concurrent) <= 2


@pytest.mark.parametrize("window", [0.0, 60.0], ids=["announced", "alone"])
def test_text_is_kept_where_the_connection_speaks_otherwise(
    window: float, threshold: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", window)
    named = EventData("Noted", {"name": "Zoë"})
    for _ in range(4):  # until it is prepared
        append("notes", named)
        enqueue("mail", {"name": "Zoë"})
    execute("SET client_encoding = 'LATIN1'")
    append("notes", named)
    enqueue("mail", {"name": "Zoë"})
    connection.close()
    names = execute(
        "SELECT DISTINCT data->>'name' FROM eventstreaming_event UNION ALL "
        "SELECT DISTINCT data->>'name' FROM eventstreaming_message"
    )
    assert names == [("Zoë",)] * 2


def test_nothing_prepared_is_used_when_nothing_is_to_be_prepared() -> None:
    connection.close()
    connection.ensure_connection()
    connection.connection.prepare_threshold = 0
    for _ in range(3):
        append("notes", NOTED)
    connection.connection.prepare_threshold = None
    execute("DISCARD ALL")
    (written,) = append("notes", NOTED)
    connection.close()
    assert written.offset == 3


def test_a_deleted_stream_is_refused_without_a_word_of_the_first_try() -> None:
    create_stream("clicks", concurrent=True)
    append("clicks", NOTED)
    delete_stream("clicks")
    with pytest.raises(StreamDeleted) as caught:
        append("clicks", NOTED)
    assert caught.value.__context__ is None
