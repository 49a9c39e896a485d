"""pgmq: its SQL, as its package on PyPI ships it."""

from functools import partial

from pgmq.install import get_embedded_install_sql

from benchmarks.peers.order import orders
from benchmarks.peers.pgmq import connecting
from benchmarks.peers.timing import fading, rate
from benchmarks.protocol import serve


class Peer:
    """What the scenarios ask for."""

    def prepare(self) -> None:
        self._connection = connecting.connect()
        self._connection.execute("CREATE SCHEMA IF NOT EXISTS pgmq")
        self._connection.execute(get_embedded_install_sql(), prepare=False)
        for queue in ("enqueued", "dequeued", "drained"):
            self._connection.execute("SELECT pgmq.create(%s)", (queue,))

    def enqueue(self, count: int, times: int) -> float:
        work = [orders(count) for _ in range(times)]
        if count == 1:
            figure = rate(
                lambda one: connecting.send(self._connection, "enqueued", one[0]),
                work,
                count,
            )
        else:
            figure = rate(
                lambda many: connecting.send_batch(self._connection, "enqueued", many),
                work,
                count,
            )
        self._connection.execute("SELECT pgmq.purge_queue('enqueued')")
        return figure

    def dequeue(self, count: int, times: int) -> float:
        self._fill_dequeued(count * times)
        return rate(partial(self._take, count), [None] * times, count)

    def fade(self, count: int, times: int) -> float:
        """Return what is left of the rate while an old snapshot is held."""
        self._connection.execute("TRUNCATE pgmq.q_dequeued")
        self._fill_dequeued(count * times)
        with connecting.connect() as holder:
            holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            holder.execute("SELECT count(*) FROM pg_class")
            figure = fading(partial(self._take, count), times, count)
            holder.execute("ROLLBACK")
        return figure

    def fill(self, count: int) -> None:
        connecting.send_batch(self._connection, "drained", orders(count))

    def _fill_dequeued(self, count: int) -> None:
        connecting.send_batch(self._connection, "dequeued", orders(count))
        self._connection.execute("VACUUM (ANALYZE) pgmq.q_dequeued")

    def _take(self, count: int, _: None) -> None:
        messages = connecting.read(self._connection, "dequeued", count)
        connecting.delete(self._connection, "dequeued", messages)
        if len(messages) != count:
            raise AssertionError("messages are missing")

    def enqueue_awaited(self) -> None:
        connecting.send(self._connection, "drained", {"awaited": True})


if __name__ == "__main__":
    peer = Peer()
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
