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
        self._fill_dequeued(count * times)
        figure = self._run(self._take_all(count, times))
        self._clear()
        return figure

    def fade(self, count: int, times: int) -> float:
        """Return what is left of the rate while an old snapshot is held."""
        self._fill_dequeued(count * times)
        holder = self._run(connect())
        self._run(holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ"))
        self._run(holder.execute("SELECT count(*) FROM pg_class"))
        tenths = [self._run(self._take_all(count, times // 10)) for _ in range(10)]
        self._run(holder.close())
        self._clear()
        return tenths[-1] / tenths[0]

    def fill(self, count: int) -> None:
        self._run(self._enqueue("drained", orders(count)))

    def enqueue_awaited(self) -> None:
        self._run(self._queries.enqueue("awaited", b'{"order_id": 1}'))

    def _fill_dequeued(self, count: int) -> None:
        for begin in range(0, count, 10_000):
            self._run(self._enqueue("dequeued", orders(min(10_000, count - begin))))
        self._run(self._connection.execute("VACUUM (ANALYZE) pgqueuer"))

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
                "fade": peer.fade,
                "fill": peer.fill,
                "enqueue_awaited": peer.enqueue_awaited,
            }
        )
