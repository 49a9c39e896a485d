-- Append one event that has nothing but a type and data to a concurrent stream. The
-- answer is that of append_one.sql; NULL where the stream is no such one. The function
-- is in migrations/sql/0035_append_concurrent.sql.
SELECT eventstreaming_append_concurrent_v3(
       %(stream_name)s, %(event_id)s, %(event_type)s, %(schema_version)s, %(bucket)s,
       %(data)s)
