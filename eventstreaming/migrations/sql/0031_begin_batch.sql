-- What a batch of a subscription to one stream begins with, in one round trip: lock
-- its partition and read what follows the place. `taken` of the first row is the
-- partition; there is no row where none is to be worked now. The other rows are those
-- of eventstreaming_read_stream_v1(), for a subscription with one partition.
--
-- Each statement of a function that is VOLATILE has a snapshot of its own, so the page
-- is read after the row was locked, as by two statements.
CREATE FUNCTION {schema}.eventstreaming_begin_batch_v1(
    p_subscription text, p_stream text, p_event_types text[], p_limit bigint,
    p_quiet float8)
RETURNS TABLE (
    "offset" bigint, "position" bigint, event_id uuid, event_type varchar, data text,
    metadata text, schema_version smallint, key varchar, correlation_id varchar,
    causation_id varchar, "timestamp" text, first_offset bigint, next_offset bigint,
    state smallint, kind smallint, taken text)
LANGUAGE plpgsql VOLATILE AS $body$
#variable_conflict use_column
DECLARE
    v_taken record;
BEGIN
    SELECT c."offset", c.barrier, c.first_bucket, c.last_bucket,
           json_build_array(
               row_to_json(c), s.source, s.partitions, s.partition_by,
               s.wanted_partitions, s.delivery, s.state,
               coalesce(
                   c.looked_at > statement_timestamp() - make_interval(secs => p_quiet),
                   false))::text AS partition
      INTO v_taken
      FROM {schema}.eventstreaming_checkpoint AS c
      JOIN {schema}.eventstreaming_subscription AS s ON s.id = c.subscription_id
     WHERE s.name = p_subscription
       AND s.state = 0
       AND (c.barrier IS NULL OR coalesce(c."offset", -1) < c.barrier)
       AND (c.retry_at IS NULL OR c.retry_at <= statement_timestamp())
     ORDER BY c.looked_at NULLS FIRST, c.partition
     LIMIT 1
       FOR UPDATE OF c SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    taken := v_taken.partition;
    RETURN NEXT;
    IF v_taken.first_bucket > 0 OR v_taken.last_bucket < 1023 THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT e.*, NULL::text
      FROM {schema}.eventstreaming_read_stream_v1(
           p_stream, false, coalesce(v_taken."offset", -1) + 1,
           coalesce(v_taken.barrier, 9223372036854775807), p_event_types, p_limit)
           AS e;
END $body$;
