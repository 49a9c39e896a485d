-- Append one event. A row of a function costs more than its text does: problem,
-- offset, position and time. The function is in migrations/sql/0007_append.sql.
SELECT eventstreaming_append_one_v1(
       %(stream_name)s, %(category)s, %(expected)s, %(event_id)s, %(event_type)s,
       %(schema_version)s, %(key)s, %(bucket)s, %(data)s, %(metadata)s,
       %(correlation_id)s, %(causation_id)s)::text
