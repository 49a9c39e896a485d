"""Django's connections in a thread that lives longer than a request."""

import time

from django.db import connections


def tidy_connections() -> None:
    """
    Leave this thread's connections as a request would find them.

    `close_old_connections()` closes every connection where CONN_MAX_AGE is 0,
    Django's default, which is meant for the end of a request: here it would
    mean a new connection for every message. So age counts only where it is set.
    A connection that failed is tested; one that was left inside a transaction is
    closed, which rolls back.
    """
    for connection in connections.all(initialized_only=True):
        connection.queries_log.clear()  # reset_queries() would walk them once more
        if connection.connection is None:
            continue
        if connection.in_atomic_block or not connection.get_autocommit():
            connection.close()
            del connections[connection.alias]  # it would stay in its closed block
        elif connection.errors_occurred:
            if connection.is_usable():
                connection.errors_occurred = False
            else:
                connection.close()
        elif (
            connection.settings_dict["CONN_MAX_AGE"]
            and connection.close_at is not None
            and time.monotonic() >= connection.close_at
        ):
            connection.close()
