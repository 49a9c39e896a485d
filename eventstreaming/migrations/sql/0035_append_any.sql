-- What eventstreaming_append_any_v1() does, with parameters and variables of the columns'
-- own types: a cast is one more function that is set up for this one row. So is each
-- operator: concat() is one.
CREATE FUNCTION {schema}.eventstreaming_append_any_v2(
    p_stream text, p_event_id uuid, p_event_type text, p_schema_version smallint,
    p_bucket smallint, p_data jsonb)
RETURNS text
LANGUAGE plpgsql AS $body$
DECLARE
    v_stream_id bigint;
    v_category varchar(255);
    v_offset bigint;
    v_position bigint;
    v_now timestamptz;
BEGIN
    UPDATE {schema}.eventstreaming_stream AS s
       SET next_offset = s.next_offset + 1
     WHERE s.name = p_stream AND s.kind = 0 AND s.state = 0
    RETURNING s.id, s.category, s.next_offset - 1
      INTO v_stream_id, v_category, v_offset;
    IF FOUND THEN
        -- The time is taken after the lock: times follow the offsets.
        INSERT INTO {schema}.eventstreaming_event AS e
               (stream_id, category, "offset", bucket, event_type, schema_version,
                event_id, data, metadata, "timestamp")
        VALUES (v_stream_id, v_category, v_offset, p_bucket, p_event_type,
                p_schema_version, p_event_id, p_data, '{}', clock_timestamp())
        RETURNING e."position", e."timestamp" INTO v_position, v_now;
        RETURN concat('(,', v_offset, ',', v_position, ',"', v_now, '")');
    END IF;
    RETURN {schema}.eventstreaming_append_plain_v2(
        p_stream, -2, p_event_id, p_event_type, p_schema_version, p_bucket, p_data);
END $body$;
