"""Messages by raw psycopg: the fewest statements that give the same result."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from benchmarks.payloads import OrderPlaced, to_json

Row = tuple[Any, ...]

_ENQUEUE_ONE = """
INSERT INTO eventstreaming_message (queue, message_type, data)
VALUES (%s, 'OrderPlaced', %s::json) RETURNING id
"""

_DRAW = """
SELECT array_agg(nextval('eventstreaming_message_id_seq')) FROM generate_series(1, %s)
"""

_COPY = "COPY eventstreaming_message (id, queue, message_type, data) FROM STDIN"

_CLAIM = """
WITH candidate AS MATERIALIZED (
    SELECT id FROM eventstreaming_message
     WHERE queue = %s AND state = 0 AND leased_until <= statement_timestamp()
     ORDER BY queue, rank, id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE eventstreaming_message AS m
   SET lease = m.lease + 1, deliveries = m.deliveries + 1, worker_id = 'raw',
       leased_until = statement_timestamp() + interval '30 seconds'
  FROM candidate AS c WHERE m.id = c.id
RETURNING m.id, m.rank, m.message_type, m.schema_version, m.data, m.headers, m.lease,
          m.group_key, m.deliveries, m.attempts, m.enqueued_at, m.leased_until,
          m.correlation_id
"""

_ACKNOWLEDGE_ONE = "DELETE FROM eventstreaming_message WHERE id = %s AND lease = %s"

_ACKNOWLEDGE_MANY = """
DELETE FROM eventstreaming_message AS m
 USING unnest(%s::bigint[], %s::bigint[]) AS held (id, lease)
 WHERE m.id = held.id AND m.lease = held.lease
"""


def enqueue_one(connection: Connection, queue: str, order: OrderPlaced) -> int:
    """Enqueue one message: one statement."""
    cursor = connection.execute(_ENQUEUE_ONE, (queue, to_json(order)), binary=True)
    ((number,),) = cursor.fetchall()
    return number


def enqueue_many(
    connection: Connection, queue: str, orders: Sequence[OrderPlaced]
) -> list[int]:
    """Enqueue many messages: ids are drawn first, then all go by COPY; one commit."""
    with connection.transaction():
        drawn = connection.execute(_DRAW, (len(orders),), binary=True)
        ((numbers,),) = drawn.fetchall()
        with connection.cursor().copy(_COPY) as copy:
            for number, order in zip(numbers, orders, strict=True):
                copy.write_row((number, queue, "OrderPlaced", to_json(order)))
    return numbers


def claim(connection: Connection, queue: str, limit: int) -> list[Row]:
    """Lease up to `limit` messages, in order: one statement."""
    rows = connection.execute(_CLAIM, (queue, limit), binary=True).fetchall()
    if limit > 1:
        rows.sort(key=lambda row: (row[1], row[0]))
    return rows


def acknowledge_one(connection: Connection, row: Row) -> bool:
    """Remove a leased message: one statement."""
    cursor = connection.execute(_ACKNOWLEDGE_ONE, (row[0], row[6]))
    return cursor.rowcount == 1


def acknowledge_many(connection: Connection, rows: Sequence[Row]) -> int:
    """Remove leased messages: one statement."""
    ordered = sorted((row[0], row[6]) for row in rows)
    cursor = connection.execute(
        _ACKNOWLEDGE_MANY, ([i for i, _ in ordered], [lease for _, lease in ordered])
    )
    return cursor.rowcount
