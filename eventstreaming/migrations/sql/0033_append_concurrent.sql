-- Append one event that has nothing but a type and data, to a stream that the caller
-- takes for a concurrent one: nothing is locked, and it is looked for once. NULL if it
-- is none, or is not there: then eventstreaming_append_plain_v2() is to be called.
CREATE FUNCTION {schema}.eventstreaming_append_concurrent_v1(
    p_stream text, p_event_id uuid, p_event_type text, p_schema_version integer,
    p_bucket integer, p_data jsonb)
RETURNS text
LANGUAGE plpgsql AS $body$
DECLARE
    v_answer text;
BEGIN
    -- The INSERT fires the marking trigger before it draws the position.
    INSERT INTO {schema}.eventstreaming_event AS e
           ("position", stream_id, category, "offset", bucket, event_type,
            schema_version, event_id, data, metadata, "timestamp")
    SELECT n.drawn, n.id, n.category, n.drawn, p_bucket, p_event_type,
           p_schema_version, p_event_id, p_data, '{}', clock_timestamp()
      FROM (SELECT s.id, s.category,
                   nextval('{schema}.eventstreaming_event_position_seq') AS drawn
              FROM {schema}.eventstreaming_stream AS s
             WHERE s.name = p_stream AND s.kind = 1 AND s.state = 0
            OFFSET 0) AS n
    RETURNING '(,' || e."position" || ',' || e."position" || ',"'
                   || e."timestamp" || '")' INTO v_answer;
    RETURN v_answer;
END $body$;
