"""Connections of a thread that runs one handler after another."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections, transaction

from eventstreaming.processing.connections import tidy_connections


def in_a_thread(function: Callable[[], None]) -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not failed, failed


def leave_a_block_open() -> None:
    transaction.atomic().__enter__()
    connections["default"].ensure_connection()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tidied_before", [False, True])
def test_only_what_is_in_order_stays_for_the_next_handler(
    tidied_before: bool,
) -> None:
    def handle() -> None:
        if tidied_before:
            tidy_connections()
        connections["default"].ensure_connection()
        kept = connections["default"]
        tidy_connections()
        assert connections["default"] is kept
        assert kept.connection is not None
        leave_a_block_open()
        driver = kept.connection
        tidy_connections()
        assert driver.closed
        fresh = connections["default"]
        fresh.ensure_connection()
        assert fresh is not kept
        for _ in range(2):
            tidy_connections()
            assert connections["default"] is fresh
            assert fresh.connection is not None

    in_a_thread(handle)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_a_handler_has_put_aside_is_closed() -> None:
    def handle() -> None:
        tidy_connections()
        leave_a_block_open()
        aside = connections["default"].connection
        del connections["default"]
        connections["default"].ensure_connection()
        tidy_connections()
        assert aside is not None
        assert aside.closed
        assert connections["default"].connection is not None

    in_a_thread(handle)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_closed_is_noted_when_it_opens_again() -> None:
    def handle() -> None:
        for _ in range(2):
            connections["default"].ensure_connection()
            tidy_connections()
            connections["default"].close()
            tidy_connections()
        leave_a_block_open()
        driver = connections["default"].connection
        tidy_connections()
        assert driver.closed

    in_a_thread(handle)
