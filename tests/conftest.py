"""What every test run shows and shares."""

from collections.abc import Iterator
from functools import cache
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import TransactionTestCase

from eventstreaming.backends.postgresql import lanes

# What migrations write, and no test changes.
KEPT_TABLES = {"auth_permission", "django_content_type"}


def pytest_report_header() -> str:
    """Name the server, which differs between machines and runs."""
    try:
        with psycopg.connect(**connection.get_connection_params()) as server:
            version = server.info.parameter_status("server_version")
    except psycopg.Error as error:
        version = f"not reachable: {error}"
    return f"postgresql: {version}"


@pytest.fixture(autouse=True, scope="session")
def flush_keeps_permissions() -> Iterator[None]:
    """
    Let a flush between tests leave permissions and content types where they are.

    Django empties these tables and fills them again, which takes five times as
    long as all the rest of the flush.
    """
    with (
        mock.patch.object(TransactionTestCase, "_fixture_teardown", _flush),
        mock.patch("django.core.management.commands.flush.sql_flush", _sql_flush),
    ):
        yield


@pytest.fixture(autouse=True, scope="session")
def claims_always_look_again() -> Iterator[None]:
    """
    Let each claim find at once what has become visible behind its queue's place.

    Where the machine is slow a claim saves looks that seem expensive, and the end
    of a lease is noticed up to 0.25 s later, also in a test that has just made it
    end.
    """
    with mock.patch.object(lanes, "REST_AFTER_LOOK", 0):
        yield


def _flush(case: TransactionTestCase) -> None:
    for alias in case._databases_names(include_mirrors=False):
        call_command(
            "flush",
            verbosity=0,
            interactive=False,
            database=alias,
            reset_sequences=False,
            inhibit_post_migrate=True,
        )


def _sql_flush(style: Any, connection: Any, **options: Any) -> list[str]:
    emptied = _tables(connection.alias)
    if connection.vendor == "postgresql":
        # To truncate is to make new files, for each table and index; most are empty.
        emptied = _with_rows(connection, emptied)
        options["allow_cascade"] = True
    statements: list[str] = connection.ops.sql_flush(style, emptied, **options)
    return statements


@cache
def _tables(alias: str) -> list[str]:
    tables = connections[alias].introspection.django_table_names(
        only_existing=True, include_views=False
    )
    return [table for table in tables if table not in KEPT_TABLES]


def _with_rows(connection: Any, tables: list[str]) -> list[str]:
    looks = (
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {connection.ops.quote_name(table)})"
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        return [name for (name,) in cursor.fetchall()]
