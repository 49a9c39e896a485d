"""A module that is in no installed app."""

from eventstreaming.contrib.tasks import task


@task
def outside() -> str:
    return "outside"
