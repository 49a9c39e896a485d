-- Append one event that has nothing but a type and data. The answer is that of
-- append_one.sql. The function is in migrations/sql/0030_append_plain.sql.
SELECT eventstreaming_append_plain_v2(
       %(stream_name)s, %(expected)s, %(event_id)s, %(event_type)s,
       %(schema_version)s, %(bucket)s, %(data)s)
