-- Find the stream, set the marker, draw positions; the events follow by COPY.
-- The function is in migrations/sql/0007_append.sql.
SELECT problem, "offset", positions, "timestamp"::text, stream_id
  FROM eventstreaming_begin_append_v1(
       %(stream_name)s, %(category)s, %(expected)s, %(count)s)
