"""The app that `procrastinate worker` starts; async tasks, as its guide advises."""

import os

from procrastinate import App, PsycopgConnector

from benchmarks.peers.timing import tell_the_time

app = App(
    connector=PsycopgConnector(
        conninfo=os.environ["DATABASE_URL"], min_size=2, max_size=12
    )
)


@app.task(name="enqueued", queue="enqueued")
async def store(**order: object) -> None:
    """Wait for ever: no worker takes this queue."""


@app.task(name="drained", queue="default")
async def drain(**order: object) -> None:
    """Do nothing."""


@app.task(name="awaited", queue="default")
async def wake(**order: object) -> None:
    """Say when the handler started."""
    tell_the_time()
