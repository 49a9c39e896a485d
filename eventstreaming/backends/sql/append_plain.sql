-- Append one event that has nothing but a type and data. The answer is that of
-- append_one.sql. The function is in migrations/sql/0030_append_plain.sql.
SELECT eventstreaming_append_plain_v2(
       p_stream => %(stream_name)s, p_event_id => %(event_id)s,
       p_event_type => %(event_type)s, p_schema_version => %(schema_version)s,
       p_bucket => %(bucket)s, p_data => %(data)s, p_expected => %(expected)s)
