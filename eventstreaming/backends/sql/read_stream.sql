-- One page of a stream, each row with the stream's bounds. The function is in
-- migrations/sql/0029_read_stream.sql.
SELECT "offset", "position", event_id::text, event_type, data, metadata,
       schema_version, key, correlation_id, causation_id, "timestamp",
       first_offset, next_offset, state, kind
  FROM eventstreaming_read_stream_v1(
       %(stream_name)s, %(fenced)s, %(first)s, %(last)s, %(event_types)s, %(limit)s)
