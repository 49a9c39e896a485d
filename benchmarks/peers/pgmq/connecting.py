"""pgmq's functions, called by psycopg with the fewest round trips: prepared, autocommit."""

import os
from typing import Any

import orjson
import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads

LEASE = 30


def connect() -> Connection:
    """Connect as raw psycopg does."""
    connection = psycopg.connect(
        os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0
    )
    set_json_loads(orjson.loads, connection)
    set_json_dumps(orjson.dumps, connection)
    return connection


def send(connection: Connection, queue: str, message: dict[str, Any]) -> None:
    connection.execute("SELECT * FROM pgmq.send(%s, %s)", (queue, Jsonb(message)))


def send_batch(
    connection: Connection, queue: str, messages: list[dict[str, Any]]
) -> None:
    connection.execute(
        "SELECT * FROM pgmq.send_batch(%s, %s)", (queue, [Jsonb(m) for m in messages])
    )


def read(connection: Connection, queue: str, count: int) -> list[Any]:
    return connection.execute(
        "SELECT * FROM pgmq.read(%s, %s, %s)", (queue, LEASE, count)
    ).fetchall()


def delete(connection: Connection, queue: str, messages: list[Any]) -> None:
    if len(messages) == 1:
        connection.execute("SELECT pgmq.delete(%s, %s)", (queue, messages[0][0]))
    else:
        connection.execute(
            "SELECT * FROM pgmq.delete(%s, %s)", (queue, [row[0] for row in messages])
        )
