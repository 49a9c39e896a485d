-- Lease the first visible messages of some queues, at most p_limit. A lease that
-- has expired makes a message visible in its old place.
--
-- The arrays say where to look, in this order: ranges of the order of delivery
-- (rank, id), each from behind one place to before a rank. A process leaves out
-- where it has been: dead rows that an old snapshot pins down would be walked
-- again at each claim. The names in p_settings, with commas, are where a queue's
-- settings may stand, the closest first; what p_timeouts and p_max_deliveries say
-- comes before them.
--
-- The planner's settings are no hints: one index has the order, and on a table
-- that was never analysed the planner would rather sort the whole queue. It is
-- statement_timestamp(), since now() stands still inside a transaction and would
-- shorten the lease. A message of a group must be its first, and alone.
--
-- In contrast to eventstreaming_claim_v1(), which workers of the version before go on
-- to call, this one tells which messages were cancelled while they were held.
CREATE FUNCTION {schema}.eventstreaming_claim_v2(
    p_queues text[], p_settings text[], p_timeouts float8[],
    p_max_deliveries integer[], p_from_ranks integer[], p_from_ids bigint[],
    p_to_ranks integer[], p_limit integer, p_worker_id text,
    p_default_timeout float8, p_default_max_deliveries integer)
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
    v_queue text;
    v_settings record;
    v_max_deliveries integer;
    v_until timestamptz;
    v_left integer := p_limit;
    v_taken integer;
BEGIN
    FOR place IN 1 .. cardinality(p_queues) LOOP
        IF v_queue IS DISTINCT FROM p_queues[place] THEN
            v_queue := p_queues[place];
            SELECT * INTO v_settings
              FROM {schema}.eventstreaming_queue_settings_v1(
                   string_to_array(p_settings[place], ','));
            v_max_deliveries := coalesce(
                p_max_deliveries[place], v_settings.max_deliveries,
                p_default_max_deliveries);
            v_until := statement_timestamp() + interval '1 second' * coalesce(
                p_timeouts[place], v_settings.visibility_timeout, p_default_timeout);
        END IF;
        CONTINUE WHEN v_settings.paused;

        RETURN QUERY
        UPDATE {schema}.eventstreaming_message AS m
           SET lease = m.lease + 1,
               deliveries = m.deliveries + 1,
               worker_id = p_worker_id,
               leased_until = v_until
         WHERE m.id = ANY (ARRAY(
               SELECT c.id
                 FROM {schema}.eventstreaming_message AS c
                WHERE c.queue = v_queue AND c.state = 0
                  AND (c.rank, c.id) > (p_from_ranks[place], p_from_ids[place])
                  AND c.rank < p_to_ranks[place]
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
