"""pgqueuer: its Queries on one asyncpg connection, tables durable, autovacuum tuned."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import uvloop
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries

from benchmarks.peers.order import orders
from benchmarks.peers.pgqueuer.connecting import connect
from benchmarks.protocol import serve

LEASE = timedelta(seconds=30)
TAKEN = {"dequeued": EntrypointExecutionParameter(concurrency_limit=0)}


class Peer:
    """What the scenarios ask for."""

    def __init__(self, run: Callable[..., Any]) -> None:
        self._run = run

    def prepare(self) -> None:
        self._connection = self._run(connect())
        self._queries = Queries.from_asyncpg_connection(self._connection)
        self._run(self._queries.install())
        self._run(self._queries.optimize_autovacuum())
        self._manager = uuid4()

    def enqueue(self, count: int, times: int) -> float:
        figure = self._run(self._enqueue_all(count, times))
        self._clear()
        return figure

    def dequeue(self, count: int, times: int) -> float:
        self._run(self._enqueue("dequeued", orders(count * times)))
        self._run(self._connection.execute("VACUUM (ANALYZE) pgqueuer"))
        figure = self._run(self._take_all(count, times))
        self._clear()
        return figure

    def fill(self, count: int) -> None:
        self._run(self._enqueue("drained", orders(count)))

    def enqueue_awaited(self) -> None:
        self._run(self._queries.enqueue("awaited", b'{"order_id": 1}'))

    async def _enqueue_all(self, count: int, times: int) -> float:
        work = [orders(count) for _ in range(times)]
        began = time.perf_counter()
        for messages in work:
            await self._enqueue("enqueued", messages)
        return count * times / (time.perf_counter() - began)

    async def _enqueue(self, name: str, messages: list[dict[str, Any]]) -> None:
        payloads = [json.dumps(message).encode() for message in messages]
        if len(payloads) == 1:
            await self._queries.enqueue(name, payloads[0])
        else:
            await self._queries.enqueue(
                [name] * len(payloads), payloads, [0] * len(payloads)
            )

    async def _take_all(self, count: int, times: int) -> float:
        began = time.perf_counter()
        for _ in range(times):
            jobs = await self._queries.dequeue(count, TAKEN, self._manager, None, LEASE)
            for job in jobs:
                json.loads(job.payload)
            await self._queries.log_jobs([(job, "successful", None) for job in jobs])
            if len(jobs) != count:
                raise AssertionError("messages are missing")
        return count * times / (time.perf_counter() - began)

    def _clear(self) -> None:
        self._run(self._connection.execute("TRUNCATE pgqueuer, pgqueuer_log"))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
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
