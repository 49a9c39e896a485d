"""Tasks that do nothing."""

from django_tasks import task

from benchmarks.peers.timing import tell_the_time


@task(queue_name="enqueued")
def store(**order: object) -> None:
    """Wait for ever: no worker takes this queue."""


@task()
def drain(**order: object) -> None:
    """Do nothing."""


@task()
def wake(**order: object) -> None:
    """Say when the task started."""
    tell_the_time()
