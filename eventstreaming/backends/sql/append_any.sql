-- Append one event that has nothing but a type and data, with ANY_VERSION. The answer is
-- that of append_one.sql. The function is in migrations/sql/0035_append_any.sql.
SELECT eventstreaming_append_any_v2(
       %(stream_name)s, %(event_id)s, %(event_type)s, %(schema_version)s, %(bucket)s,
       %(data)s)
