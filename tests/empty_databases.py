"""Databases of their own, for tests whose processes migrate them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg import sql


@contextmanager
def empty_database(template: str = "template1") -> Iterator[str]:
    """Make a database on the server of the tests; give its DATABASE_URL."""
    server = os.environ["DATABASE_URL"]
    name = f"test_{uuid4().hex}"
    identifier = sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                identifier, sql.Identifier(template)
            )
        )
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier)
            )


@contextmanager
def copied_database(url: str) -> Iterator[str]:
    """Make a copy of a database that nobody is connected to."""
    with empty_database(template=urlsplit(url).path.removeprefix("/")) as copy:
        yield copy
