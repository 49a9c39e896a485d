"""A module that is in no installed app."""

from eventstreaming.contrib.tasks import task
from eventstreaming.contrib.tasks.compat import BaseTaskBackend


@task
def outside() -> str:
    return "outside"


class AbstractBackend(BaseTaskBackend):
    """Somebody else's backend that cannot be made."""
