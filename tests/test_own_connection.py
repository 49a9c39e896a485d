"""This thread's connection, found as `connections` finds it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionDoesNotExist

from eventstreaming.backends import own_connection as module
from eventstreaming.backends.own_connection import own_connection


def test_it_is_the_one_of_this_thread() -> None:
    def both() -> tuple[BaseDatabaseWrapper, BaseDatabaseWrapper]:
        return own_connection("default"), connections["default"]

    with ThreadPoolExecutor(1) as other:
        here, there = both(), other.submit(both).result()
    assert here[0] is here[1]
    assert there[0] is there[1]
    assert here[0] is not there[0]


def test_it_is_looked_up_without_asgiref() -> None:
    known = connections["default"]
    with mock.patch.object(module, "connections", {}):
        assert own_connection("default") is known


def test_another_one_in_its_place_is_found() -> None:
    def replace() -> None:
        first = own_connection("default")
        del connections["default"]
        second = own_connection("default")
        assert second is not first
        assert second is connections["default"]

    with ThreadPoolExecutor(1) as thread:
        thread.submit(replace).result()


def test_a_loop_has_its_own() -> None:
    async def both() -> bool:
        return own_connection("default") is connections["default"]

    async def concurrently() -> list[Any]:
        return await asyncio.gather(both(), both())

    assert asyncio.run(concurrently()) == [True, True]


def test_unknown_database_is_an_error_of_django() -> None:
    with pytest.raises(ConnectionDoesNotExist):
        own_connection("elsewhere")
