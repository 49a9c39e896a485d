-- Group keys are compared byte by byte, as the names of queues are. Else the two
-- together give a function's parameters the queue's collation, and the index of
-- groups does not serve.
ALTER TABLE {schema}.eventstreaming_message
    ALTER COLUMN group_key TYPE varchar(255) COLLATE "C";

-- One plan for all keys: planning anew for each costs more than its answer. The
-- states are variables, so that no other index can serve: on a table that was
-- never analysed the planner would rather walk all that is ready.
CREATE OR REPLACE FUNCTION {schema}.eventstreaming_group_holds_v1(
    p_queue text, p_group_key text, p_below bigint)
RETURNS boolean
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $body$
DECLARE
    v_ready smallint := 0;
    v_delayed smallint := 1;
    v_waiting smallint := 2;
    v_below bigint := coalesce(p_below, 9223372036854775807);
BEGIN
    RETURN EXISTS (SELECT FROM {schema}.eventstreaming_message
                    WHERE queue = p_queue AND group_key = p_group_key
                      AND state = v_ready AND id < v_below)
        OR EXISTS (SELECT FROM {schema}.eventstreaming_message
                    WHERE queue = p_queue AND group_key = p_group_key
                      AND state = v_waiting AND id < v_below)
        OR EXISTS (SELECT FROM {schema}.eventstreaming_message
                    WHERE queue = p_queue AND group_key = p_group_key
                      AND state = v_delayed AND id < v_below)
           AND NOT {schema}.eventstreaming_group_skips_v1(p_queue);
END $body$;

CREATE OR REPLACE FUNCTION {schema}.eventstreaming_group_is_free_v1(
    p_queue text, p_group_key text, p_id bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $body$
DECLARE
    v_ready smallint := 0;
    v_others bigint[];
BEGIN
    IF {schema}.eventstreaming_group_holds_v1(p_queue, p_group_key, p_id) THEN
        RETURN false;
    END IF;
    SELECT array_agg(id) INTO v_others
      FROM {schema}.eventstreaming_message
     WHERE queue = p_queue AND group_key = p_group_key AND state = v_ready
       AND id <> p_id;
    IF v_others IS NULL THEN
        RETURN true;
    END IF;
    RETURN (SELECT count(*) = cardinality(v_others)
              FROM (SELECT leased_until
                      FROM {schema}.eventstreaming_message
                     WHERE id = ANY (v_others)
                       FOR UPDATE SKIP LOCKED) AS locked
             WHERE leased_until <= statement_timestamp());
END $body$;

ALTER FUNCTION {schema}.eventstreaming_wake_group_v1(text, text)
    SET plan_cache_mode = force_generic_plan;
