-- Append several events. The function is in migrations/sql/0007_append.sql.
SELECT problem, "offset", positions, "timestamp"::text
  FROM eventstreaming_append_v2(
       %(stream_name)s, %(category)s, %(expected)s, %(count)s, %(events)s,
       %(correlation_id)s, %(causation_id)s)
