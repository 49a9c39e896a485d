-- The settings in force for a queue: each is that of the closest name or pattern
-- that has it, null when none has. A queue is paused while any of them says so.
--
-- p_names: where its settings may stand, the closest first. A function in plpgsql,
-- so that its plan is made once a session: made anew in each claim it would cost
-- more than the claim.
CREATE FUNCTION {schema}.eventstreaming_queue_settings_v1(
    p_names text[], OUT visibility_timeout float8, OUT max_attempts integer,
    OUT max_deliveries integer, OUT backoff jsonb, OUT paused boolean)
LANGUAGE plpgsql STABLE AS $body$
DECLARE
    found record;
BEGIN
    paused := false;
    FOR found IN
        SELECT q.* FROM {schema}.eventstreaming_queue AS q
         WHERE q.name = ANY (p_names)
         ORDER BY array_position(p_names, q.name::text)
    LOOP
        visibility_timeout := coalesce(visibility_timeout, found.visibility_timeout);
        max_attempts := coalesce(max_attempts, found.max_attempts);
        max_deliveries := coalesce(max_deliveries, found.max_deliveries);
        backoff := coalesce(backoff, found.backoff);
        paused := paused OR found.paused_at IS NOT NULL;
    END LOOP;
END $body$;
