-- Say whether a queue's groups skip what is delayed: its own setting, or that of
-- the longest pattern (`email-*`) that it matches.
CREATE FUNCTION {schema}.eventstreaming_group_skips_v1(p_queue text)
RETURNS boolean
LANGUAGE plpgsql STABLE AS $body$
BEGIN
    RETURN coalesce((
        SELECT group_policy = 'skip'
          FROM {schema}.eventstreaming_queue
         WHERE group_policy <> ''
           AND (name = p_queue
                OR name LIKE '%*' AND starts_with(p_queue, rtrim(name, '*')))
         ORDER BY name = p_queue DESC, length(name) DESC
         LIMIT 1), false);
END $body$;

-- Say whether a message of a group has to wait: for an older one that is ready or
-- leased, for an older one that waits itself, and unless the queue skips those,
-- for an older one that is delayed. p_below is its id; NULL for one to come.
CREATE FUNCTION {schema}.eventstreaming_group_holds_v1(
    p_queue text, p_group_key text, p_below bigint)
RETURNS boolean
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $body$
DECLARE
    v_below bigint := coalesce(p_below, 9223372036854775807);
BEGIN
    RETURN EXISTS (SELECT FROM {schema}.eventstreaming_message
                    WHERE queue = p_queue AND group_key = p_group_key
                      AND state = 0 AND id < v_below)
        OR EXISTS (SELECT FROM {schema}.eventstreaming_message
                    WHERE queue = p_queue AND group_key = p_group_key
                      AND state = 2 AND id < v_below)
        OR EXISTS (SELECT FROM {schema}.eventstreaming_message
                    WHERE queue = p_queue AND group_key = p_group_key
                      AND state = 1 AND id < v_below)
           AND NOT {schema}.eventstreaming_group_skips_v1(p_queue);
END $body$;

-- Say whether a message of a group may be claimed now: nothing holds it, and no
-- other of its group is leased or about to be. Two of a group can be ready at once:
-- neither transaction that enqueued them has seen the other, or a younger one has
-- skipped a delayed one. So the others are locked, too, for as long as the claim:
-- whoever claims one of them at this moment holds its lock already. Volatile, since
-- the claim's own snapshot may be older than another claim.
CREATE FUNCTION {schema}.eventstreaming_group_is_free_v1(
    p_queue text, p_group_key text, p_id bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $body$
DECLARE
    v_others bigint[];
BEGIN
    IF {schema}.eventstreaming_group_holds_v1(p_queue, p_group_key, p_id) THEN
        RETURN false;
    END IF;
    SELECT array_agg(id) INTO v_others
      FROM {schema}.eventstreaming_message
     WHERE queue = p_queue AND group_key = p_group_key AND state = 0 AND id <> p_id;
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

-- Make the first waiting message of a group ready if nothing holds it; return its
-- id. A row that somebody has locked is left to them, and to the sweep: waiting
-- here for one who waits for the caller would be a deadlock.
CREATE FUNCTION {schema}.eventstreaming_wake_group_v1(p_queue text, p_group_key text)
RETURNS bigint
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $body$
DECLARE
    v_first bigint;
    v_woken bigint;
BEGIN
    SELECT min(id) INTO v_first
      FROM {schema}.eventstreaming_message
     WHERE queue = p_queue AND group_key = p_group_key AND state = 2;
    IF v_first IS NULL OR {schema}.eventstreaming_group_holds_v1(
                              p_queue, p_group_key, v_first) THEN
        RETURN NULL;
    END IF;
    UPDATE {schema}.eventstreaming_message
       SET state = 0
     WHERE id = (SELECT id
                   FROM {schema}.eventstreaming_message
                  WHERE id = v_first AND state = 2
                    FOR UPDATE SKIP LOCKED)
    RETURNING id INTO v_woken;
    RETURN v_woken;
END $body$;
