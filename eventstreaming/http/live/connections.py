"""The database connections of those who wait: none."""

from django.db import connections


def close_connections() -> None:
    """Close what this thread has open; a test's transaction stays open."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
