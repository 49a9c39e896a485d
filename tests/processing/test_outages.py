"""An outage is told by its SQLSTATE, not by the class of the error."""

import threading

import psycopg
import pytest
from django.db import (
    DataError,
    IntegrityError,
    InternalError,
    OperationalError,
    connection,
)

from eventstreaming.processing.outages import Patience, is_contention, is_outage
from tests.sessions import execute


def with_state(error: Exception, sqlstate: str) -> Exception:
    cause = psycopg.Error()
    cause.sqlstate = sqlstate
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (OperationalError, "57P01"),
        (OperationalError, "57P03"),
        (OperationalError, "08006"),
        (InternalError, "25P03"),
        (InternalError, "25006"),
        (OperationalError, "53300"),
    ],
)
def test_database_is_away(error: type[Exception], state: str) -> None:
    assert is_outage(with_state(error(), state), "default")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (OperationalError, "54000"),
        (OperationalError, "57014"),
        (IntegrityError, "23505"),
        (DataError, "22P05"),
        (OperationalError, "40P01"),
    ],
)
def test_statement_is_refused(error: type[Exception], state: str) -> None:
    assert not is_outage(with_state(error(), state), "default")


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
def test_contention_is_tried_again(state: str) -> None:
    assert is_contention(with_state(OperationalError(), state))


@pytest.mark.django_db(transaction=True)
def test_error_without_a_state_counts_when_the_connection_has_ended() -> None:
    execute("SELECT 1")
    assert not is_outage(OperationalError("odd"), "default")
    connection.close()
    assert is_outage(OperationalError("refused"), "default")


@pytest.mark.django_db(transaction=True)
def test_terminated_session_is_waited_out_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="eventstreaming.worker")
    logger_propagates(caplog)
    patience = Patience("test", "default", threading.Event())
    attempts = []

    def action() -> str:
        attempts.append(None)
        if len(attempts) < 3:
            execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return "done"

    assert patience.attempt(action) is None
    assert patience.attempt(action) is None
    assert patience.attempt(action) == "done"
    texts = [record.getMessage() for record in caplog.records]
    assert len(texts) == 2
    assert "test: the database is away" in texts[0]
    assert "test: the database is back after" in texts[1]


@pytest.mark.django_db
def test_other_errors_pass_through() -> None:
    patience = Patience("test", "default", threading.Event())
    with pytest.raises(ZeroDivisionError):
        patience.attempt(lambda: 1 / 0)


def logger_propagates(caplog: pytest.LogCaptureFixture) -> None:
    """Make sure that the records come, whatever LOGGING says."""
    assert caplog.handler is not None
