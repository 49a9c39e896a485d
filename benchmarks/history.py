"""A table with history: a long stream, and many short ones that lie scattered."""

from psycopg import Connection

LONG_STREAM = "history-long"
SHORT = 50  # events of a short stream

_FILL_STREAMS = """
INSERT INTO eventstreaming_stream (name, category, next_offset)
SELECT %s, 'history', %s
UNION ALL
SELECT 'history-' || n, 'history', %s FROM generate_series(1, %s) AS n
"""

# The long stream first. Then one event of each of the others in turn: a stream's
# events lie far from each other, as they do after some weeks of real life.
_FILL_EVENTS = """
INSERT INTO eventstreaming_event
       (stream_id, category, "offset", bucket, event_type, schema_version, event_id,
        data, metadata)
SELECT s.id, 'history', n, 1, 'OrderPlaced', 1, gen_random_uuid(),
       jsonb_build_object(
           'order_id', n, 'customer_id', s.id,
           'email', 'customer' || s.id || '@example.com',
           'items', '["Blue Train", "Kind of Blue", "A Love Supreme"]'::jsonb,
           'quantity', 3, 'total', '47.85',
           'placed_at', '2026-11-23T09:30:00+00:00'), '{}'
  FROM eventstreaming_stream AS s,
       LATERAL generate_series(0, s.next_offset - 1) AS n
 WHERE s.category = 'history'
 ORDER BY s.name <> %s, n, s.id
"""


def fill(connection: Connection, *, long: int, short_streams: int) -> None:
    """Fill the tables once: a stream of `long` events, and streams of 50."""
    known = connection.execute(
        "SELECT 1 FROM eventstreaming_stream WHERE name = %s", (LONG_STREAM,)
    )
    if known.rowcount:
        return
    connection.execute(_FILL_STREAMS, (LONG_STREAM, long, SHORT, short_streams))
    connection.execute(_FILL_EVENTS, (LONG_STREAM,))
    connection.execute("VACUUM (ANALYZE) eventstreaming_event, eventstreaming_stream")
