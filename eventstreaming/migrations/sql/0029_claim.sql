-- Lease the first visible messages of a queue, at most p_limit. A lease that has
-- expired makes a message visible in its old place.
--
-- p_ranges says where to look, in this order: ranges of the order of delivery
-- (rank, id), three numbers each: from behind a rank and an id to before a rank. A
-- process leaves out where it has been: dead rows that an old snapshot pins down
-- would be walked again at each claim. The names in p_settings, with commas, are where
-- the queue's settings may stand, the closest first; what p_timeout and
-- p_max_deliveries say comes before them.
--
-- The planner's settings are no hints: one index has the order, and on a table
-- that was never analysed the planner would rather sort the whole queue. It is
-- statement_timestamp(), since now() stands still inside a transaction and would
-- shorten the lease. A message of a group must be its first, and alone.
CREATE FUNCTION {schema}.eventstreaming_claim_queue_v1(
    p_queue text, p_settings text, p_timeout float8, p_max_deliveries integer,
    p_ranges bigint[], p_limit integer, p_worker_id text, p_default_timeout float8,
    p_default_max_deliveries integer)
RETURNS TABLE (
    queue varchar, id bigint, rank smallint, message_type varchar,
    schema_version smallint, data text, headers text, lease bigint,
    group_key varchar, deliveries integer, attempts integer, enqueued_at text,
    leased_until text, correlation_id varchar, expired boolean, poisonous boolean,
    cancelled boolean)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $body$
#variable_conflict use_column
DECLARE
    v_settings record;
    v_max_deliveries integer;
    v_until timestamptz;
    v_left integer := p_limit;
    v_taken integer;
BEGIN
    SELECT * INTO v_settings
      FROM {schema}.eventstreaming_queue_settings_v1(string_to_array(p_settings, ','));
    IF v_settings.paused THEN
        RETURN;
    END IF;
    v_max_deliveries := coalesce(
        p_max_deliveries, v_settings.max_deliveries, p_default_max_deliveries);
    v_until := statement_timestamp() + interval '1 second' * coalesce(
        p_timeout, v_settings.visibility_timeout, p_default_timeout);

    FOR place IN 1 .. cardinality(p_ranges) BY 3 LOOP
        RETURN QUERY
        UPDATE {schema}.eventstreaming_message AS m
           SET lease = m.lease + 1,
               deliveries = m.deliveries + 1,
               worker_id = p_worker_id,
               leased_until = v_until
         WHERE m.id = ANY (ARRAY(
               SELECT c.id
                 FROM {schema}.eventstreaming_message AS c
                WHERE c.queue = p_queue AND c.state = 0
                  AND (c.rank, c.id) > (p_ranges[place], p_ranges[place + 1])
                  AND c.rank < p_ranges[place + 2]
                  AND c.leased_until <= statement_timestamp()
                  AND (c.group_key IS NULL
                       OR {schema}.eventstreaming_group_is_free_v1(
                          c.queue, c.group_key, c.id))
                ORDER BY c.queue, c.rank, c.id
                LIMIT v_left
                  FOR UPDATE SKIP LOCKED))
        RETURNING m.queue, m.id, m.rank, m.message_type, m.schema_version,
                  m.data::text, m.headers::text, m.lease, m.group_key, m.deliveries,
                  m.attempts, m.enqueued_at::text, m.leased_until::text,
                  m.correlation_id,
                  coalesce(m.expires_at <= statement_timestamp(), false),
                  m.deliveries > v_max_deliveries, m.cancel_requested;
        GET DIAGNOSTICS v_taken = ROW_COUNT;
        v_left := v_left - v_taken;
        EXIT WHEN v_left = 0;
    END LOOP;
END $body$;

-- Lease messages of some queues, the first ones first. Each element of p_ranges is
-- what eventstreaming_claim_queue_v1() takes, as a text. Workers of the version before
-- go on to call eventstreaming_claim_v2().
CREATE FUNCTION {schema}.eventstreaming_claim_v3(
    p_queues text[], p_settings text[], p_timeouts float8[],
    p_max_deliveries integer[], p_ranges text[], p_limit integer, p_worker_id text,
    p_default_timeout float8, p_default_max_deliveries integer)
RETURNS TABLE (
    queue varchar, id bigint, rank smallint, message_type varchar,
    schema_version smallint, data text, headers text, lease bigint,
    group_key varchar, deliveries integer, attempts integer, enqueued_at text,
    leased_until text, correlation_id varchar, expired boolean, poisonous boolean,
    cancelled boolean)
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
    v_left integer := p_limit;
    v_taken integer;
BEGIN
    FOR place IN 1 .. cardinality(p_queues) LOOP
        RETURN QUERY
        SELECT c.*
          FROM {schema}.eventstreaming_claim_queue_v1(
               p_queues[place], p_settings[place], p_timeouts[place],
               p_max_deliveries[place], p_ranges[place]::bigint[], v_left, p_worker_id,
               p_default_timeout, p_default_max_deliveries) AS c;
        GET DIAGNOSTICS v_taken = ROW_COUNT;
        v_left := v_left - v_taken;
        EXIT WHEN v_left = 0;
    END LOOP;
END $body$;
