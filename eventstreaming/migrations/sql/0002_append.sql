-- Append to a serial stream. The head is locked and moved first; only then are
-- positions drawn, so a writer that waits for the head does not hold the fence.
--
-- p_expected: an offset, -1 for an empty stream, -2 for any, -3 for a stream
-- that has events. p_events: a JSON array of {i, t, v, k, b, d, m}: id, type,
-- version, key, bucket, data, metadata.
--
-- Returns one row: the first offset, the positions in order, and the time. When
-- nothing was written its problem is 'version', 'concurrent' or 'deleted' and its
-- offset is the actual version: that is no SQL error, and the transaction goes on.
CREATE FUNCTION {schema}.eventstreaming_append_v1(
    p_stream text, p_category text, p_expected bigint, p_count bigint,
    p_events jsonb, p_correlation_id text, p_causation_id text)
RETURNS TABLE (problem text, "offset" bigint, positions bigint[],
               "timestamp" timestamptz)
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
    head record;
    v_now timestamptz;
    v_positions bigint[];
BEGIN
    LOOP
        UPDATE {schema}.eventstreaming_stream AS s
           SET next_offset = s.next_offset + p_count
         WHERE s.name = p_stream AND s.kind = 0 AND s.state = 0
           AND (p_expected = -2
                OR s.next_offset = p_expected + 1
                OR (p_expected = -3 AND s.next_offset > 0))
        RETURNING s.id, s.next_offset - p_count AS first INTO head;
        EXIT WHEN FOUND;

        IF p_expected IN (-1, -2) THEN
            INSERT INTO {schema}.eventstreaming_stream AS s
                   (name, category, next_offset)
            VALUES (p_stream, p_category, p_count)
            ON CONFLICT (name) DO NOTHING
            RETURNING s.id, 0::bigint AS first INTO head;
            EXIT WHEN FOUND;
        END IF;

        SELECT s.kind, s.state, s.next_offset INTO head
          FROM {schema}.eventstreaming_stream AS s WHERE s.name = p_stream;
        -- The stream has come to the expected version since the update looked.
        CONTINUE WHEN FOUND AND head.kind = 0 AND head.state = 0
                  AND (p_expected = -2
                       OR head.next_offset = p_expected + 1
                       OR (p_expected = -3 AND head.next_offset > 0));
        RETURN QUERY SELECT
            CASE WHEN head.state = 1 THEN 'deleted'
                 WHEN head.kind = 1 THEN 'concurrent'
                 ELSE 'version' END,
            coalesce(head.next_offset, 0) - 1, NULL::bigint[], NULL::timestamptz;
        RETURN;
    END LOOP;

    v_now := clock_timestamp();  -- after the lock: times follow the offsets
    -- The INSERT fires the marking trigger before it draws its first position.
    WITH written AS (
        INSERT INTO {schema}.eventstreaming_event AS e
               (stream_id, category, "offset", bucket, event_type, schema_version,
                event_id, key, data, metadata, correlation_id, causation_id,
                "timestamp")
        SELECT head.id, p_category, head.first + n.ordinality - 1, n.b, n.t, n.v,
               n.i, n.k, coalesce(n.d, 'null'), n.m, p_correlation_id,
               p_causation_id, v_now
          FROM ROWS FROM (jsonb_to_recordset(p_events) AS
                   (i uuid, t text, v smallint, k text, b smallint, d jsonb, m jsonb))
               WITH ORDINALITY AS n
         ORDER BY n.ordinality
        RETURNING e.position
    )
    SELECT array_agg(w.position ORDER BY w.position) INTO v_positions
      FROM written AS w;
    RETURN QUERY SELECT NULL::text, head.first, v_positions, v_now;
END $body$;
