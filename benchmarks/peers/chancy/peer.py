"""chancy: jobs pushed by its synchronous functions."""

import asyncio
import os

import psycopg
from chancy.job import IsAJob

from benchmarks.peers.chancy.worker import QUEUE, chancy, drain, store, wake
from benchmarks.peers.order import orders
from benchmarks.peers.timing import rate
from benchmarks.protocol import Unavailable, serve


class Peer:
    """What the scenarios ask for."""

    def prepare(self) -> None:
        self._sql = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        asyncio.run(_migrate())

    def enqueue(self, count: int, times: int) -> float:
        work = [orders(count) for _ in range(times)]
        figure = rate(lambda many: _push(store, many), work, count)
        self._sql.execute("TRUNCATE chancy_jobs CASCADE")
        return figure

    def dequeue(self, count: int, times: int) -> float:
        raise Unavailable("jobs are taken by its worker only")

    def fill(self, count: int) -> None:
        _push(drain, orders(count))

    def enqueue_awaited(self) -> None:
        chancy.sync_push(wake.job.with_kwargs(order_id=1))


def _push(function: IsAJob, work: list[dict[str, object]]) -> None:
    jobs = [function.job.with_kwargs(**order) for order in work]
    list(chancy.sync_push_many(jobs, batch_size=len(jobs)))


async def _migrate() -> None:
    async with chancy:
        await chancy.migrate()
        await chancy.declare(QUEUE, upsert=True)


if __name__ == "__main__":
    peer = Peer()
    serve(
        {
            "prepare": peer.prepare,
            "enqueue": peer.enqueue,
            "dequeue": peer.dequeue,
            "fill": peer.fill,
            "enqueue_awaited": peer.enqueue_awaited,
        }
    )
