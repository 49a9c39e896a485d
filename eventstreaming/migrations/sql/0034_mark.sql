-- What eventstreaming_mark_v2() does, with fewer expressions: what is known of the table
-- is worked out once in a session, and to lock and to note is one step. The reading of
-- the sequence, the lock and the setting are in the same order.
CREATE FUNCTION {schema}.eventstreaming_mark_v3() RETURNS trigger
LANGUAGE plpgsql AS $body$
DECLARE
    last_drawn bigint;
    is_marked boolean;
BEGIN
    IF coalesce(current_setting('eventstreaming.mark_'
                || '{schema}.eventstreaming_event'::regclass::oid, true), '') = '' THEN
        last_drawn := pg_sequence_last_value(
            '{schema}.eventstreaming_event_position_seq'::regclass);
        IF last_drawn IS NULL THEN  -- nothing was drawn yet, or it may not be read
            SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END
              INTO last_drawn
              FROM {schema}.eventstreaming_event_position_seq;
        END IF;
        is_marked := set_config(
            'eventstreaming.mark_' || '{schema}.eventstreaming_event'::regclass::oid,
            CASE WHEN pg_advisory_xact_lock_shared(
                          '{schema}.eventstreaming_event'::regclass::oid::bigint
                              ::bit(32)::int,
                          last_drawn::bit(32)::int) IS NOT NULL
                 THEN last_drawn::text END,
            true) IS NOT NULL;
    END IF;
    RETURN NULL;
END $body$;

CREATE OR REPLACE TRIGGER eventstreaming_mark
    BEFORE INSERT ON {schema}.eventstreaming_event
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.eventstreaming_mark_v3();
ALTER TABLE {schema}.eventstreaming_event ENABLE ALWAYS TRIGGER eventstreaming_mark;
