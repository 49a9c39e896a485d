"""The database connection of a follower: none is held while it waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from eventstreaming.exceptions import FollowInTransaction


class RestingConnection:
    """
    Closes what the follower itself has opened; a pool gets it back.

    A connection that was open before is the caller's, and is left alone.
    """

    def __init__(self, database: str, source: str) -> None:
        self._database = database
        self._source = source
        self._opened: Any = None

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Raise FollowInTransaction inside a transaction of the caller."""
        connection = connections[self._database]
        was_open = connection.connection is not None
        try:
            if is_in_transaction(connection):
                raise FollowInTransaction(self._source)
            yield
        finally:
            if not was_open:
                self._opened = connection.connection

    def rest(self) -> None:
        """Close the connection, unless somebody else uses it by now."""
        connection = connections[self._database]
        opened, self._opened = self._opened, None
        if opened is None or connection.connection is not opened:
            return
        if not connection.in_atomic_block:
            connection.close()


def is_in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the caller has begun one; a TestCase's own does not count."""
    if connection.in_atomic_block:
        blocks = getattr(connection, "atomic_blocks", [])
        return not all(getattr(block, "_from_testcase", False) for block in blocks)
    return not connection.get_autocommit()
