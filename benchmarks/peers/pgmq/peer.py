"""pgmq: its SQL, as its package on PyPI ships it."""

from pgmq.install import get_embedded_install_sql

from benchmarks.peers.order import orders
from benchmarks.peers.pgmq import connecting
from benchmarks.peers.timing import rate
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
        connecting.send_batch(self._connection, "dequeued", orders(count * times))
        self._connection.execute("VACUUM (ANALYZE) pgmq.q_dequeued")

        def take(_: None) -> None:
            messages = connecting.read(self._connection, "dequeued", count)
            connecting.delete(self._connection, "dequeued", messages)
            if len(messages) != count:
                raise AssertionError("messages are missing")

        return rate(take, [None] * times, count)

    def fill(self, count: int) -> None:
        connecting.send_batch(self._connection, "drained", orders(count))

    def enqueue_awaited(self) -> None:
        connecting.send(self._connection, "drained", {"awaited": True})


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
