-- Lock the partition of a subscription to one stream, and read what follows its place.
-- The function is in migrations/sql/0031_begin_batch.sql.
SELECT "offset", "position", event_id::text, event_type, data, metadata,
       schema_version, key, correlation_id, causation_id, "timestamp",
       first_offset, next_offset, state, kind, taken
  FROM eventstreaming_begin_batch_v1(
       %(subscription)s, %(stream_name)s, %(event_types)s, %(limit)s, %(quiet)s)
