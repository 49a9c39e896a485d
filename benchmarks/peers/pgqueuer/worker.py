"""
A worker on one asyncpg connection, its handlers do nothing.

It calls run() itself: `pgq run` of this version ends with an error. "Increase
batch_size when jobs are short-lived", its performance guide says.
"""

import uvloop
from pgqueuer import PgQueuer
from pgqueuer.models import Job

from benchmarks.peers.pgqueuer.connecting import connect
from benchmarks.peers.timing import tell_the_time

BATCH = 100


async def main() -> None:
    connection = await connect()
    worker = PgQueuer.from_asyncpg_connection(connection)

    @worker.entrypoint("drained")
    async def drain(job: Job) -> None:
        """Do nothing."""

    @worker.entrypoint("awaited")
    async def wake(job: Job) -> None:
        tell_the_time()

    await worker.run(batch_size=BATCH)


if __name__ == "__main__":
    uvloop.run(main())
