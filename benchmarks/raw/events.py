"""
Events by raw psycopg: the fewest statements that store and return the same.

The tables, indexes and triggers are the package's. Statements are prepared,
values binary, JSON by orjson, each statement a transaction of its own.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from zlib import crc32

from psycopg import Connection
from uuid_utils.compat import uuid7

from benchmarks.payloads import OrderPlaced, to_json

Row = tuple[Any, ...]

CHUNK = 500  # rows taken at a time, while the server makes the next ones

_APPEND_ONE = """
WITH head AS (
    UPDATE eventstreaming_stream SET next_offset = next_offset + 1
     WHERE name = %s RETURNING id, category, next_offset - 1 AS first)
INSERT INTO eventstreaming_event
       (stream_id, category, "offset", bucket, event_type, schema_version,
        event_id, data, metadata, "timestamp")
SELECT id, category, first, %s, 'OrderPlaced', 1, %s, %s::jsonb, '{}',
       clock_timestamp()
  FROM head
RETURNING position, "offset", "timestamp"
"""

_APPEND_AND_NOTIFY = (
    _APPEND_ONE.replace("INSERT INTO", ", sent AS (INSERT INTO")
    + ") SELECT pg_notify(%s, '') FROM sent"
)

_DRAW = """
WITH head AS (
    UPDATE eventstreaming_stream SET next_offset = next_offset + %(count)s
     WHERE name = %(name)s RETURNING id, category, next_offset - %(count)s AS first)
SELECT id, category, first, clock_timestamp(), (
       SELECT array_agg(nextval('eventstreaming_event_position_seq'))
         FROM generate_series(1, %(count)s))
  FROM head
"""

_COPY = """
COPY eventstreaming_event
     (position, stream_id, category, "offset", bucket, event_type, schema_version,
      event_id, data, metadata, "timestamp")
FROM STDIN
"""

_COLUMNS = """e."offset", e.position, e.event_id, e.event_type, e.data, e.metadata,
       e.schema_version, e.key, e.correlation_id, e.causation_id, e."timestamp\""""

_READ_ALL = f"""
SELECT {_COLUMNS}, s.name
  FROM eventstreaming_event AS e JOIN eventstreaming_stream AS s ON s.id = e.stream_id
 WHERE e.position >= %s
 ORDER BY e.position
 LIMIT %s
"""

_READ_FROM = f"""
SELECT {_COLUMNS}
  FROM eventstreaming_event AS e
 WHERE e.stream_id = (SELECT id FROM eventstreaming_stream WHERE name = %s)
   AND e."offset" >= %s
 ORDER BY e."offset"
 LIMIT 100
"""

_READ_STREAM = f"""
SELECT {_COLUMNS}
  FROM eventstreaming_event AS e
 WHERE e.stream_id = (SELECT id FROM eventstreaming_stream WHERE name = %s)
 ORDER BY e."offset"
 LIMIT %s
"""


def append_one(connection: Connection, stream_name: str, order: OrderPlaced) -> Row:
    """Append one event: one statement."""
    bucket = crc32(stream_name.encode()) & 1023
    cursor = connection.execute(
        _APPEND_ONE, (stream_name, bucket, uuid7(), to_json(order)), binary=True
    )
    return cursor.fetchone()


def append_and_notify(
    connection: Connection, stream_name: str, order: OrderPlaced, channel: str
) -> None:
    """Append one event and announce it: one statement."""
    bucket = crc32(stream_name.encode()) & 1023
    connection.execute(
        _APPEND_AND_NOTIFY, (stream_name, bucket, uuid7(), to_json(order), channel)
    )


def append_many(
    connection: Connection, stream_name: str, orders: Sequence[OrderPlaced]
) -> list[Row]:
    """Append many events: positions are drawn first, then all go by COPY."""
    bucket = crc32(stream_name.encode()) & 1023
    with connection.transaction():
        stream_id, category, first, now, positions = connection.execute(
            _DRAW, {"name": stream_name, "count": len(orders)}, binary=True
        ).fetchone()
        with connection.cursor().copy(_COPY) as copy:
            for offset, (position, order) in enumerate(
                zip(positions, orders, strict=True), first
            ):
                place = (position, stream_id, category, offset)
                copy.write_row(
                    (
                        *place,
                        bucket,
                        "OrderPlaced",
                        1,
                        uuid7(),
                        to_json(order),
                        "{}",
                        now,
                    )
                )
    return [(p, offset, now) for offset, p in enumerate(positions, first)]


def read_all(connection: Connection, position: int, limit: int) -> Iterator[Row]:
    """Read events of all streams: one statement, in constant memory."""
    with connection.cursor(binary=True) as cursor:
        yield from cursor.stream(_READ_ALL, (position, limit), size=CHUNK)


def read_long_stream(
    connection: Connection, stream_name: str, limit: int
) -> Iterator[Row]:
    """Read a long stream: one statement, in constant memory."""
    with connection.cursor(binary=True) as cursor:
        yield from cursor.stream(_READ_STREAM, (stream_name, limit), size=CHUNK)


def read_stream(connection: Connection, stream_name: str, limit: int) -> list[Row]:
    """Read a short stream: one statement."""
    return connection.execute(
        _READ_STREAM, (stream_name, limit), binary=True
    ).fetchall()


def read_from(connection: Connection, stream_name: str, offset: int) -> list[Row]:
    """Read what follows in a stream: one statement."""
    return connection.execute(_READ_FROM, (stream_name, offset), binary=True).fetchall()
