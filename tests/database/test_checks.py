"""The system checks of the store on SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from django.core.checks import CheckMessage
from django.db import connections
from django.test import override_settings

from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.exceptions import InvalidEventStore


def check() -> dict[str, CheckMessage]:
    messages = DatabaseEventStore("tests", database="sqlite").check()
    assert all(message.hint for message in messages)
    return {str(message.id): message for message in messages}


@contextmanager
def options(**values: str) -> Iterator[None]:
    with mock.patch.dict(connections["sqlite"].settings_dict["OPTIONS"], values):
        yield


def test_transactions_that_begin_as_readers_are_warned_of() -> None:
    (warning,) = check().values()
    assert warning.id == "eventstreaming.W007"
    assert not warning.is_serious()
    assert "'sqlite'" in warning.msg
    assert '{"transaction_mode": "IMMEDIATE"}' in str(warning.hint)


@pytest.mark.parametrize("mode", ["IMMEDIATE", "immediate", "EXCLUSIVE"])
def test_transactions_that_begin_as_writers_are_fine(mode: str) -> None:
    with options(transaction_mode=mode):
        assert check() == {}


def test_deferred_is_as_bad_as_nothing() -> None:
    with options(transaction_mode="DEFERRED"):
        assert set(check()) == {"eventstreaming.W007"}


def test_naive_times_are_refused() -> None:
    with options(transaction_mode="IMMEDIATE"), override_settings(USE_TZ=False):
        assert set(check()) == {"eventstreaming.E014"}


def test_sqlite_that_returns_no_rows_is_refused() -> None:
    features = type(connections["sqlite"].features)
    with (
        options(transaction_mode="IMMEDIATE"),
        mock.patch.object(features, "can_return_rows_from_bulk_insert", False),
    ):
        assert set(check()) == {"eventstreaming.E013"}


def test_postgresql_has_nothing_to_check() -> None:
    assert DatabaseEventStore("tests").check() == []


def test_other_databases_are_refused() -> None:
    connection = mock.Mock(vendor="oracle")
    with (
        mock.patch.object(DatabaseEventStore, "connection", connection),
        pytest.raises(InvalidEventStore, match="sqlite or postgresql"),
    ):
        DatabaseEventStore("tests")
