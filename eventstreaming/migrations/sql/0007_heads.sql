-- The kind of a stream that its first append creates: 0 serial, 1 concurrent. The
-- closest configuration that names one decides, as events/stream_settings.py says.
CREATE FUNCTION {schema}.eventstreaming_new_stream_kind_v1(p_stream text)
RETURNS smallint LANGUAGE sql STABLE AS $body$
    SELECT coalesce(
           (SELECT c.kind
              FROM {schema}.eventstreaming_streamconfiguration AS c
             WHERE c.kind IS NOT NULL
               AND (c.pattern = p_stream
                    OR (right(c.pattern, 1) = '*'
                        AND starts_with(p_stream, left(c.pattern, -1))))
             ORDER BY c.pattern = p_stream DESC, length(c.pattern) DESC
             LIMIT 1), 0::smallint);
$body$;

-- Find or create the stream that p_count events are to be appended to. A serial
-- stream is locked and its end moved, if it is at the expected version; a
-- concurrent one is neither, and its offset is NULL.
--
-- p_expected: an offset, -1 for an empty stream, -2 for any, -3 for a stream
-- that has events. When nothing may be written, problem is 'version',
-- 'concurrent' or 'deleted', and the offset is the actual version: that is no
-- SQL error, and the transaction goes on.
CREATE FUNCTION {schema}.eventstreaming_open_stream_v1(
    p_stream text, p_category text, p_expected bigint, p_count bigint,
    OUT problem text, OUT stream_id bigint, OUT "offset" bigint)
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
    head record;
    v_kind smallint;
BEGIN
    LOOP
        SELECT s.id, s.kind, s.state, s.next_offset INTO head
          FROM {schema}.eventstreaming_stream AS s WHERE s.name = p_stream;
        IF NOT FOUND THEN
            IF p_expected NOT IN (-1, -2) THEN
                problem := 'version';
                "offset" := -1;
                RETURN;
            END IF;
            v_kind := {schema}.eventstreaming_new_stream_kind_v1(p_stream);
            IF v_kind = 1 AND p_expected <> -2 THEN
                problem := 'concurrent';
                RETURN;
            END IF;
            INSERT INTO {schema}.eventstreaming_stream AS s
                   (name, category, kind, next_offset)
            VALUES (p_stream, p_category, v_kind,
                    CASE WHEN v_kind = 0 THEN p_count ELSE 0 END)
            ON CONFLICT (name) DO NOTHING
            RETURNING s.id INTO stream_id;
            IF FOUND THEN
                "offset" := CASE WHEN v_kind = 0 THEN 0 END;
                RETURN;
            END IF;
            CONTINUE;  -- another transaction has just created it
        END IF;

        IF head.state = 1 THEN
            problem := 'deleted';
        ELSIF head.kind = 1 AND p_expected <> -2 THEN
            problem := 'concurrent';
        ELSIF head.kind = 1 THEN
            stream_id := head.id;
        ELSIF NOT (p_expected = -2
                   OR head.next_offset = p_expected + 1
                   OR (p_expected = -3 AND head.next_offset > 0)) THEN
            problem := 'version';
            "offset" := head.next_offset - 1;
        ELSE
            UPDATE {schema}.eventstreaming_stream AS s
               SET next_offset = s.next_offset + p_count
             WHERE s.name = p_stream AND s.kind = 0 AND s.state = 0
               AND (p_expected = -2
                    OR s.next_offset = p_expected + 1
                    OR (p_expected = -3 AND s.next_offset > 0))
            RETURNING s.id, s.next_offset - p_count INTO stream_id, "offset";
            CONTINUE WHEN NOT FOUND;  -- it has changed since the select looked
        END IF;
        RETURN;
    END LOOP;
END $body$;
