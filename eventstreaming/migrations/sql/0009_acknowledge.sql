-- Remove a message; with a lease, only under that lease. The next of its group
-- becomes ready. Return the key of its group, '' when it has none, and NULL when
-- this call did not remove it.
CREATE FUNCTION {schema}.eventstreaming_acknowledge_v1(
    p_queue text, p_id bigint, p_lease bigint)
RETURNS text
LANGUAGE plpgsql
SET enable_seqscan = off
AS $body$
DECLARE
    v_group_key text;
BEGIN
    DELETE FROM {schema}.eventstreaming_message AS m
     WHERE m.id = p_id AND m.queue = p_queue
       AND (p_lease IS NULL OR (m.lease = p_lease AND m.leased_until > 'epoch'))
    RETURNING m.group_key INTO v_group_key;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF v_group_key IS NOT NULL THEN
        PERFORM {schema}.eventstreaming_wake_group_v1(p_queue, v_group_key);
    END IF;
    RETURN coalesce(v_group_key, '');
END $body$;

-- Remove many messages, each under its lease; the next of their groups become
-- ready. Return those whose lease was lost.
CREATE FUNCTION {schema}.eventstreaming_acknowledge_many_v1(
    p_queue text, p_ids bigint[], p_leases bigint[])
RETURNS TABLE (id bigint, lease bigint)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $body$
#variable_conflict use_column
DECLARE
    v_removed bigint[];
    v_leases bigint[];
    v_group_keys text[];
BEGIN
    WITH removed AS (
        DELETE FROM {schema}.eventstreaming_message AS m
         USING unnest(p_ids, p_leases) AS held (id, lease)
         WHERE m.id = held.id AND m.lease = held.lease
           AND m.queue = p_queue AND m.leased_until > 'epoch'
        RETURNING m.id, m.lease, m.group_key
    )
    SELECT array_agg(r.id), array_agg(r.lease),
           array_agg(r.group_key) FILTER (WHERE r.group_key IS NOT NULL)
      INTO v_removed, v_leases, v_group_keys
      FROM removed AS r;
    IF v_group_keys IS NOT NULL THEN
        PERFORM {schema}.eventstreaming_wake_group_v1(p_queue, k.group_key)
           FROM unnest(v_group_keys) AS k (group_key);
    END IF;
    IF coalesce(cardinality(v_removed), 0) < cardinality(p_ids) THEN
        RETURN QUERY
        SELECT held.id, held.lease
          FROM unnest(p_ids, p_leases) AS held (id, lease)
         WHERE NOT EXISTS (
               SELECT FROM unnest(v_removed, v_leases) AS r (id, lease)
                WHERE r.id = held.id AND r.lease = held.lease);
    END IF;
END $body$;
