"""
Start a PostgreSQL for the tests, unless DATABASE_URL names one.

This is a plugin (`-p tests.embedded` in setup.cfg) and not a fixture, because
Django's settings are read before any conftest.py. The processes of pytest-xdist
inherit the server; pytest-django gives each of them a database of its own.
"""

import os
import signal
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import pytest

from demo_project.embedded import EmbeddedPostgreSQL


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    if not os.environ.get("DATABASE_URL"):
        resources = ExitStack()
        early_config.add_cleanup(resources.close)
        start_server(resources)
    return (yield)


def start_server(resources: ExitStack) -> None:
    """Start a server, export its DATABASE_URL; closing `resources` ends both."""
    # A terminated run stops its server, too, as an interrupted one does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = resources.enter_context(
        tempfile.TemporaryDirectory(prefix="eventstreaming-")
    )
    # Losing a test database in a power failure is fine, so nothing is synced.
    server = EmbeddedPostgreSQL(
        Path(folder, "server"), fsync="off", max_connections=200
    )
    resources.enter_context(server)
    resources.enter_context(mock.patch.dict(os.environ, DATABASE_URL=server.url))
