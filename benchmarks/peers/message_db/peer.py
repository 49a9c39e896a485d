"""Message DB: its functions, called by psycopg, prepared, autocommit."""

import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg

from benchmarks.peers.order import orders
from benchmarks.peers.timing import rate
from benchmarks.protocol import serve

SQL = Path(sys.prefix, "node_modules", "@eventide", "message-db", "database")
# What its install.sh runs, without roles, privileges, and the extension pgcrypto:
# gen_random_uuid(), which it is for, has been PostgreSQL's own since 13.
INSTALLED = (
    "schema/message-store.sql",
    "tables/messages.sql",
    "types/message.sql",
    "functions/*.sql",
    "indexes/*.sql",
    "views/*.sql",
)
STREAMS = 50
WRITE = "SELECT write_message(%s, %s, 'OrderPlaced', %s::jsonb)"
READ = "SELECT * FROM get_stream_messages(%s, 0, -1)"


class Peer:
    """What the scenarios ask for."""

    def connect(self) -> None:
        self._connection = psycopg.connect(
            os.environ["DATABASE_URL"],
            autocommit=True,
            prepare_threshold=0,
            options="-c search_path=message_store,public",
        )

    def prepare(self) -> None:
        self.connect()
        for pattern in INSTALLED:
            for path in sorted(SQL.glob(pattern)):
                self._connection.execute(
                    path.read_text(encoding="utf-8"), prepare=False
                )

    def append(self, count: int, times: int) -> float:
        names = [f"order{count}-{number}" for number in range(STREAMS)]
        work = [(names[turn % STREAMS], orders(count)) for turn in range(times)]
        return rate(lambda item: self._append(*item), work, count)

    def append_to_one(self, times: int) -> None:
        if not hasattr(self, "_connection"):
            self.connect()
        for event in orders(times):
            self._append("crowded-1", [event])

    def fill(self, streams: int, count: int) -> None:
        """Write `streams` streams of `count` events, one event of each in turn."""
        self._names = [f"history-{number}" for number in range(streams)]
        columns = "stream_name, position, type, data, metadata"
        with (
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY messages ({columns}) FROM STDIN") as copy,
        ):
            for position, event in enumerate(orders(count)):
                data = orjson.dumps(event).decode()
                for name in self._names:
                    copy.write_row((name, position, "OrderPlaced", data, None))
        self._connection.execute("VACUUM (ANALYZE) messages")

    def read(self, count: int, times: int, stride: int, per_read: int) -> float:
        """Return how many reads a second there are, times `per_read`."""
        work = [self._names[turn * stride % len(self._names)] for turn in range(times)]

        def read(name: str) -> None:
            rows = self._connection.execute(READ, (name,)).fetchall()
            for row in rows:
                orjson.loads(row[5])
            if len(rows) != count:
                raise AssertionError("events are missing")

        return rate(read, work, per_read)

    def _append(self, stream_name: str, events: list[dict[str, Any]]) -> None:
        rows = [(str(uuid4()), stream_name, orjson.dumps(e).decode()) for e in events]
        if len(rows) == 1:
            self._connection.execute(WRITE, rows[0]).fetchone()
            return
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(WRITE, rows)


if __name__ == "__main__":
    peer = Peer()
    serve(
        {
            "prepare": peer.prepare,
            "append": peer.append,
            "append_to_one": peer.append_to_one,
            "fill": peer.fill,
            "read": peer.read,
        }
    )
