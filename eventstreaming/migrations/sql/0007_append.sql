-- Appending to serial and concurrent streams. The head of a serial stream is
-- locked and moved first; only then are positions drawn, so a writer that waits
-- for the head does not hold the fence. In a concurrent stream nothing is locked
-- and an event's offset is its position.
--
-- Problems and p_expected are those of eventstreaming_open_stream_v1().

-- Append one event. A call costs half of one with a JSON array.
CREATE FUNCTION {schema}.eventstreaming_append_one_v1(
    p_stream text, p_category text, p_expected bigint, p_event_id uuid,
    p_event_type text, p_schema_version integer, p_key text, p_bucket integer,
    p_data jsonb, p_metadata jsonb, p_correlation_id text, p_causation_id text,
    OUT problem text, OUT "offset" bigint, OUT "position" bigint,
    OUT "timestamp" timestamptz)
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
    v_stream_id bigint;
    v_offset bigint;
    v_now timestamptz;
BEGIN
    UPDATE {schema}.eventstreaming_stream AS s
       SET next_offset = s.next_offset + 1
     WHERE s.name = p_stream AND s.kind = 0 AND s.state = 0
       AND (p_expected = -2
            OR s.next_offset = p_expected + 1
            OR (p_expected = -3 AND s.next_offset > 0))
    RETURNING s.id, s.next_offset - 1 INTO v_stream_id, v_offset;
    IF NOT FOUND THEN
        SELECT o.problem, o.stream_id, o."offset"
          INTO problem, v_stream_id, v_offset
          FROM {schema}.eventstreaming_open_stream_v1(
               p_stream, p_category, p_expected, 1) AS o;
        IF problem IS NOT NULL THEN
            "offset" := v_offset;
            RETURN;
        END IF;
    END IF;

    v_now := clock_timestamp();  -- after the lock: times follow the offsets
    -- Either INSERT fires the marking trigger before it draws the position.
    IF v_offset IS NULL THEN
        INSERT INTO {schema}.eventstreaming_event AS e
               ("position", stream_id, category, "offset", bucket, event_type,
                schema_version, event_id, key, data, metadata, correlation_id,
                causation_id, "timestamp")
        SELECT n.drawn, v_stream_id, p_category, n.drawn, p_bucket, p_event_type,
               p_schema_version, p_event_id, p_key, p_data, p_metadata,
               p_correlation_id, p_causation_id, v_now
          FROM (SELECT nextval('{schema}.eventstreaming_event_position_seq')
                    AS drawn OFFSET 0) AS n
        RETURNING e."position", e."position" INTO "position", "offset";
    ELSE
        INSERT INTO {schema}.eventstreaming_event AS e
               (stream_id, category, "offset", bucket, event_type,
                schema_version, event_id, key, data, metadata, correlation_id,
                causation_id, "timestamp")
        VALUES (v_stream_id, p_category, v_offset, p_bucket, p_event_type,
                p_schema_version, p_event_id, p_key, p_data, p_metadata,
                p_correlation_id, p_causation_id, v_now)
        RETURNING e."position" INTO "position";
        "offset" := v_offset;
    END IF;
    "timestamp" := v_now;
END $body$;

-- Append several events. p_events: a JSON array of {i, t, v, k, b, d, m}: id,
-- type, version, key, bucket, data, metadata. The offset is that of the first
-- event, NULL in a concurrent stream; the positions are in order.
CREATE FUNCTION {schema}.eventstreaming_append_v2(
    p_stream text, p_category text, p_expected bigint, p_count bigint,
    p_events jsonb, p_correlation_id text, p_causation_id text,
    OUT problem text, OUT "offset" bigint, OUT positions bigint[],
    OUT "timestamp" timestamptz)
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
    v_stream_id bigint;
    v_offset bigint;
    v_now timestamptz;
BEGIN
    SELECT o.problem, o.stream_id, o."offset" INTO problem, v_stream_id, v_offset
      FROM {schema}.eventstreaming_open_stream_v1(
           p_stream, p_category, p_expected, p_count) AS o;
    "offset" := v_offset;
    IF problem IS NOT NULL THEN
        RETURN;
    END IF;

    v_now := clock_timestamp();
    IF v_offset IS NULL THEN
        WITH written AS (
            INSERT INTO {schema}.eventstreaming_event AS e
                   ("position", stream_id, category, "offset", bucket, event_type,
                    schema_version, event_id, key, data, metadata,
                    correlation_id, causation_id, "timestamp")
            SELECT n.drawn, v_stream_id, p_category, n.drawn, n.b, n.t, n.v, n.i,
                   n.k, coalesce(n.d, 'null'), n.m, p_correlation_id,
                   p_causation_id, v_now
              FROM (SELECT nextval('{schema}.eventstreaming_event_position_seq')
                               AS drawn,
                           given.*
                      FROM (SELECT *
                              FROM ROWS FROM (jsonb_to_recordset(p_events) AS
                                   (i uuid, t text, v smallint, k text, b smallint,
                                    d jsonb, m jsonb)) WITH ORDINALITY AS g
                             ORDER BY g.ordinality) AS given
                    OFFSET 0) AS n
            RETURNING e."position"
        )
        SELECT array_agg(w."position" ORDER BY w."position") INTO positions
          FROM written AS w;
    ELSE
        WITH written AS (
            INSERT INTO {schema}.eventstreaming_event AS e
                   (stream_id, category, "offset", bucket, event_type,
                    schema_version, event_id, key, data, metadata,
                    correlation_id, causation_id, "timestamp")
            SELECT v_stream_id, p_category, v_offset + n.ordinality - 1, n.b, n.t,
                   n.v, n.i, n.k, coalesce(n.d, 'null'), n.m, p_correlation_id,
                   p_causation_id, v_now
              FROM ROWS FROM (jsonb_to_recordset(p_events) AS
                       (i uuid, t text, v smallint, k text, b smallint, d jsonb,
                        m jsonb)) WITH ORDINALITY AS n
             ORDER BY n.ordinality
            RETURNING e."position"
        )
        SELECT array_agg(w."position" ORDER BY w."position") INTO positions
          FROM written AS w;
    END IF;
    "timestamp" := v_now;
END $body$;

-- Begin an append whose events follow by COPY: find the stream, set the marker,
-- and only then draw the positions. The INSERT of nothing fires the trigger
-- that marks, so there is one place that knows how.
CREATE FUNCTION {schema}.eventstreaming_begin_append_v1(
    p_stream text, p_category text, p_expected bigint, p_count bigint,
    OUT problem text, OUT stream_id bigint, OUT "offset" bigint,
    OUT positions bigint[], OUT "timestamp" timestamptz)
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
BEGIN
    SELECT o.problem, o.stream_id, o."offset" INTO problem, stream_id, "offset"
      FROM {schema}.eventstreaming_open_stream_v1(
           p_stream, p_category, p_expected, p_count) AS o;
    IF problem IS NOT NULL THEN
        RETURN;
    END IF;
    "timestamp" := clock_timestamp();
    INSERT INTO {schema}.eventstreaming_event
    SELECT e.* FROM {schema}.eventstreaming_event AS e WHERE false;
    SELECT array_agg(nextval('{schema}.eventstreaming_event_position_seq'))
      INTO positions
      FROM generate_series(1, p_count);
END $body$;
