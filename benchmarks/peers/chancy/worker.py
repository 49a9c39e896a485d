"""The app that `chancy worker start` runs, and its jobs."""

import os

from chancy import Chancy, Queue, job

from benchmarks.peers.timing import tell_the_time

chancy = Chancy(os.environ["DATABASE_URL"])

# asyncio for jobs that do next to nothing, and a look for more as soon as one is
# done: what its documentation advises where jobs are there all the time.
QUEUE = Queue(
    "drained",
    concurrency=100,
    executor=Chancy.Executor.Async,
    eager_polling=True,
)


@job(queue="enqueued")
async def store(**order: object) -> None:
    """Wait for ever: no worker takes this queue."""


@job(queue="drained")
async def drain(**order: object) -> None:
    """Do nothing."""


@job(queue="drained")
async def wake(**order: object) -> None:
    """Say when the handler started."""
    tell_the_time()
