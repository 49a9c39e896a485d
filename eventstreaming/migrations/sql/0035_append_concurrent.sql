-- What eventstreaming_append_concurrent_v2() does, with parameters of the columns' own
-- types: a cast is one more function that is set up for this one row.
CREATE FUNCTION {schema}.eventstreaming_append_concurrent_v3(
    p_stream text, p_event_id uuid, p_event_type text, p_schema_version smallint,
    p_bucket smallint, p_data jsonb)
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
    RETURNING concat('(,', e."position", ',', e."position", ',"', e."timestamp", '")')
         INTO v_answer;
    RETURN v_answer;
END $body$;
