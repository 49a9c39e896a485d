-- Append one event that has nothing but a type and data, to a stream that is there:
-- what most appends are. Each parameter left out saves some of the time of so short a
-- statement. A concurrent stream is neither locked nor looked for twice. Whatever else
-- there is to do eventstreaming_append_one_v1() does; the answer is the text of its
-- row.
CREATE FUNCTION {schema}.eventstreaming_append_plain_v2(
    p_stream text, p_expected bigint, p_event_id uuid, p_event_type text,
    p_schema_version integer, p_bucket integer, p_data jsonb)
RETURNS text
LANGUAGE plpgsql AS $body$
DECLARE
    v_stream_id bigint;
    v_offset bigint;
    v_position bigint;
    v_now timestamptz;
BEGIN
    UPDATE {schema}.eventstreaming_stream AS s
       SET next_offset = s.next_offset + 1
     WHERE s.name = p_stream AND s.kind = 0 AND s.state = 0
       AND (p_expected = -2
            OR s.next_offset = p_expected + 1
            OR (p_expected = -3 AND s.next_offset > 0))
    RETURNING s.id, s.next_offset - 1 INTO v_stream_id, v_offset;
    IF FOUND THEN
        v_now := clock_timestamp();  -- after the lock: times follow the offsets
        INSERT INTO {schema}.eventstreaming_event AS e
               (stream_id, category, "offset", bucket, event_type, schema_version,
                event_id, data, metadata, "timestamp")
        VALUES (v_stream_id, split_part(p_stream, '-', 1), v_offset, p_bucket,
                p_event_type, p_schema_version, p_event_id, p_data, '{}', v_now)
        RETURNING e."position" INTO v_position;
        RETURN '(,' || v_offset || ',' || v_position || ',"' || v_now || '")';
    END IF;

    IF p_expected = -2 THEN
        SELECT s.id INTO v_stream_id
          FROM {schema}.eventstreaming_stream AS s
         WHERE s.name = p_stream AND s.kind = 1 AND s.state = 0;
        IF FOUND THEN
            v_now := clock_timestamp();
            -- The INSERT fires the marking trigger before it draws the position.
            INSERT INTO {schema}.eventstreaming_event AS e
                   ("position", stream_id, category, "offset", bucket, event_type,
                    schema_version, event_id, data, metadata, "timestamp")
            SELECT n.drawn, v_stream_id, split_part(p_stream, '-', 1), n.drawn,
                   p_bucket, p_event_type, p_schema_version, p_event_id, p_data,
                   '{}', v_now
              FROM (SELECT nextval('{schema}.eventstreaming_event_position_seq')
                        AS drawn OFFSET 0) AS n
            RETURNING e."position" INTO v_position;
            RETURN '(,' || v_position || ',' || v_position || ',"' || v_now || '")';
        END IF;
    END IF;
    RETURN {schema}.eventstreaming_append_one_v1(
        p_stream, split_part(p_stream, '-', 1), p_expected, p_event_id,
        p_event_type, p_schema_version, NULL, p_bucket, p_data, '{}', NULL,
        NULL)::text;
END $body$;
