-- One page of a stream, each row with the stream's bounds. The function is in
-- migrations/sql/0029_read_stream.sql.
SELECT *
  FROM eventstreaming_read_stream_v1(
       %(stream_name)s, %(fenced)s, %(first)s, %(last)s, %(event_types)s, %(limit)s)
