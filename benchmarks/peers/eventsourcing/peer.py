"""eventsourcing: its PostgreSQL recorder with database functions, its JSON transcoder."""

import os
import time
from collections.abc import Iterator, Sequence
from itertools import count as counting
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.persistence import JSONTranscoder, StoredEvent
from eventsourcing.postgres import Factory
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict

from benchmarks.peers.order import orders
from benchmarks.peers.timing import rate
from benchmarks.protocol import serve

STREAMS = 50
TOPIC = "benchmarks:OrderPlaced"


class Peer:
    """What the scenarios ask for."""

    _streams: Sequence[tuple[UUID, Iterator[int]]] = ()

    def connect(self) -> None:
        server = conninfo_to_dict(os.environ["DATABASE_URL"])
        environment = {
            "POSTGRES_DBNAME": server["dbname"],
            "POSTGRES_HOST": server.get("host", ""),
            "POSTGRES_PORT": server.get("port", "5432"),
            "POSTGRES_USER": server.get("user", ""),
            "POSTGRES_PASSWORD": server.get("password", "") or "none",
            "POSTGRES_ENABLE_DB_FUNCTIONS": "y",
        }
        factory = Factory(Environment("benchmarks", environment))
        self._recorder = factory.application_recorder()
        self._transcoder = JSONTranscoder()

    def prepare(self) -> None:
        self.connect()

    def append(self, count: int, times: int) -> float:
        if not self._streams:
            self._streams = [(uuid4(), counting()) for _ in range(STREAMS)]
        streams = self._streams
        work = [(streams[turn % STREAMS], orders(count)) for turn in range(times)]

        def append(item: tuple[tuple[UUID, Iterator[int]], list[Any]]) -> None:
            (stream_id, versions), events = item
            self._recorder.insert_events(
                [self._stored(stream_id, next(versions), event) for event in events]
            )

        return rate(append, work, count)

    def fill(self, streams: int, count: int) -> None:
        """Write `streams` streams of `count` events, one event of each in turn."""
        self._ids = [uuid4() for _ in range(streams)]
        batch: list[StoredEvent] = []
        for version, event in enumerate(orders(count)):
            batch += [self._stored(i, version, event) for i in self._ids]
            if len(batch) >= 10_000 or version == count - 1:
                self._recorder.insert_events(batch)
                batch = []

    def read(self, count: int, times: int, stride: int, per_read: int) -> float:
        """Return how many reads a second there are, times `per_read`."""
        work = [self._ids[turn * stride % len(self._ids)] for turn in range(times)]

        def read(stream_id: UUID) -> None:
            stored = self._recorder.select_events(stream_id)
            for event in stored:
                self._transcoder.decode(event.state)
            if len(stored) != count:
                raise AssertionError("events are missing")

        return rate(read, work, per_read)

    def subscribe(self, count: int) -> float:
        """Return how many events a second a new subscription yields."""
        began = time.perf_counter()
        with self._recorder.subscribe(gt=0) as subscription:
            for _, notification in zip(range(count), subscription, strict=False):
                self._transcoder.decode(notification.state)
        return count / (time.perf_counter() - began)

    def _stored(self, stream_id: UUID, version: int, event: object) -> StoredEvent:
        return StoredEvent(stream_id, version, TOPIC, self._transcoder.encode(event))


if __name__ == "__main__":
    peer = Peer()
    serve(
        {
            "prepare": peer.prepare,
            "append": peer.append,
            "fill": peer.fill,
            "read": peer.read,
            "subscribe": peer.subscribe,
        }
    )
