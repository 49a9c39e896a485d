-- Append one event. The function is in migrations/sql/0007_append.sql.
SELECT problem, "offset", "position", "timestamp"::text
  FROM eventstreaming_append_one_v1(
       %(stream_name)s, %(category)s, %(expected)s, %(event_id)s, %(event_type)s,
       %(schema_version)s, %(key)s, %(bucket)s, %(data)s, %(metadata)s,
       %(correlation_id)s, %(causation_id)s)
