"""Somebody else's backend."""

from eventstreaming.contrib.tasks.compat import BaseTaskBackend


class AbstractBackend(BaseTaskBackend):
    """One that cannot be made: it has no enqueue()."""
