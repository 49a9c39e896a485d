"""The server of a run, and a database of its own on it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from demo_project.embedded import EmbeddedPostgreSQL

NAME = "eventstreaming_benchmarks"


@contextmanager
def database() -> Iterator[str]:
    """
    Make an empty database and yield its URL; remove it at the end.

    It lies on the server of DATABASE_URL, or else on an embedded one with
    PostgreSQL's own settings: what is committed is synced.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        with empty_database(given) as url:
            yield url
        return
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as folder,
        EmbeddedPostgreSQL(Path(folder, "server")) as server,
        empty_database(server.url) as url,
    ):
        yield url


@contextmanager
def empty_database(server_url: str, name: str = NAME) -> Iterator[str]:
    """Make an empty database on a server; remove it at the end."""
    identifier = sql.Identifier(name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        try:
            yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
        finally:
            connection.execute(drop)


@contextmanager
def migrated_database(name: str) -> Iterator[str]:
    """Make a database with the package's tables beside the run's own."""
    with empty_database(os.environ["DATABASE_URL"], name) as url:
        environment = {**os.environ, "DATABASE_URL": url}
        command = [sys.executable, "-m", "django", "migrate", "--verbosity=0"]
        subprocess.run(command, env=environment, check=True)
        yield url
