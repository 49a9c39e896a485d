-- One page of a stream, each row with the stream's bounds, so that the first
-- page needs no statement of its own for them; the bounds alone where there is no
-- event. No fence: offset order is the order of the head's lock. A concurrent stream
-- has no such order: there the caller took the fence in an earlier statement, or
-- gets no events. What lies below the first offset is being removed.
--
-- A function keeps its plan: planning takes longer than reading a short stream. The
-- planner's settings are no hints: one index has the order, and on a table that was
-- never analysed the planner would rather sort the whole stream.
CREATE FUNCTION {schema}.eventstreaming_read_stream_v1(
    p_stream text, p_fenced boolean, p_first bigint, p_last bigint,
    p_event_types text[], p_limit bigint)
RETURNS TABLE (
    "offset" bigint, "position" bigint, event_id uuid, event_type varchar, data text,
    metadata text, schema_version smallint, key varchar, correlation_id varchar,
    causation_id varchar, "timestamp" text, first_offset bigint, next_offset bigint,
    state smallint, kind smallint)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $body$
#variable_conflict use_column
DECLARE
    v_stream_id bigint;
BEGIN
    SELECT s.id, s.first_offset, s.next_offset, s.state, s.kind
      INTO v_stream_id, first_offset, next_offset, state, kind
      FROM {schema}.eventstreaming_stream AS s
     WHERE s.name = p_stream;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT e."offset", e."position", e.event_id, e.event_type, e.data::text,
           e.metadata::text, e.schema_version, e.key, e.correlation_id,
           e.causation_id, e."timestamp"::text, first_offset, next_offset, state, kind
      FROM {schema}.eventstreaming_event AS e
     WHERE e.stream_id = v_stream_id
       AND (kind = 0 OR p_fenced)
       AND e."offset" BETWEEN greatest(p_first, first_offset) AND p_last
       AND (p_event_types IS NULL OR e.event_type = ANY (p_event_types))
     ORDER BY e.stream_id, e."offset"
     LIMIT p_limit;
    IF NOT FOUND THEN
        RETURN NEXT;
    END IF;
END $body$;
