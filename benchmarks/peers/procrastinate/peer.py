"""procrastinate: tasks deferred by its synchronous connector, fetched by its manager."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import Any

import psycopg
from procrastinate import SyncPsycopgConnector
from procrastinate.jobs import Status

from benchmarks.peers.order import orders
from benchmarks.peers.procrastinate.worker import app, drain, store, wake
from benchmarks.peers.timing import rate
from benchmarks.protocol import Unavailable, serve

logging.getLogger("procrastinate").setLevel(logging.ERROR)


class Peer:
    """What the scenarios ask for."""

    def __init__(self, run: Callable[..., Any]) -> None:
        self._run = run

    def prepare(self) -> None:
        url = os.environ["DATABASE_URL"]
        self._sql = psycopg.connect(url, autocommit=True)
        writer = app.with_connector(SyncPsycopgConnector(conninfo=url))
        writer.open()
        writer.schema_manager.apply_schema()
        self._store, self._drain, self._wake = (
            writer.tasks[task.name] for task in (store, drain, wake)
        )
        self._worker = self._run(_open())

    def enqueue(self, count: int, times: int) -> float:
        work = [orders(count) for _ in range(times)]
        if count == 1:
            figure = rate(lambda order: self._store.defer(**order[0]), work, count)
        else:
            figure = rate(lambda many: self._store.batch_defer(*many), work, count)
        self._clear()
        return figure

    def dequeue(self, count: int, times: int) -> float:
        if count > 1:
            raise Unavailable("fetches one job at a time")
        self._store.batch_defer(*orders(times))
        self._sql.execute("VACUUM (ANALYZE) procrastinate_jobs")
        figure = self._run(self._take_all(times))
        self._clear()
        return figure

    def fill(self, count: int) -> None:
        self._drain.batch_defer(*orders(count))

    def enqueue_awaited(self) -> None:
        self._wake.defer(order_id=1)

    async def _take_all(self, times: int) -> float:
        manager = app.job_manager
        began = time.perf_counter()
        for _ in range(times):
            job = await manager.fetch_job(queues=["enqueued"], worker_id=self._worker)
            await manager.finish_job(job, Status.SUCCEEDED, delete_job=True)
        return times / (time.perf_counter() - began)

    def _clear(self) -> None:
        self._sql.execute("TRUNCATE procrastinate_jobs CASCADE")


async def _open() -> int:
    await app.open_async()
    return await app.job_manager.register_worker()


if __name__ == "__main__":
    with asyncio.Runner() as runner:
        peer = Peer(runner.run)
        serve(
            {
                "prepare": peer.prepare,
                "enqueue": peer.enqueue,
                "dequeue": peer.dequeue,
                "fill": peer.fill,
                "enqueue_awaited": peer.enqueue_awaited,
            }
        )
