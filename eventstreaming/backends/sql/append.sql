-- Append to a serial stream: one row per event, or one row with a problem.
-- The function is in migrations/sql/0002_append.sql.
SELECT problem, "position", "offset", "timestamp"::text
  FROM eventstreaming_append_v1(
       %(stream_name)s, %(category)s, %(expected)s, %(count)s, %(events)s,
       %(correlation_id)s, %(causation_id)s)
