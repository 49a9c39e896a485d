-- The events of an append that has begun. Their positions were drawn after the
-- marker was set, by begin_append.sql.
COPY eventstreaming_event
     ("position", stream_id, category, "offset", bucket, event_type,
      schema_version, event_id, key, data, metadata, correlation_id,
      causation_id, "timestamp")
FROM STDIN
