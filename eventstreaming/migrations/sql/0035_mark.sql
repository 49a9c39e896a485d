-- What eventstreaming_mark_v3() does, with two differences.
--
-- A young transaction does not note that it is marked: to note it, and to look, takes
-- longer than the lock. It marks with each INSERT instead, and the lowest mark counts.
-- All locks of the server have room in one table, so this ends after half a millisecond,
-- which is time for some twenty INSERTs. A clock that is set back before its begin makes
-- no transaction young.
--
-- And the lock is taken in a block of its own, which hands it to the transaction. A
-- cursor whose query appends would have it otherwise: if it failed later, in a savepoint,
-- the lock went with the savepoint, and what it had appended before stayed, unmarked.
CREATE FUNCTION {schema}.eventstreaming_mark_v4() RETURNS trigger
LANGUAGE plpgsql AS $body$
DECLARE
    last_drawn bigint;
    is_marked boolean;
BEGIN
    BEGIN
        -- NULL, and not true, where nothing was drawn yet, or it may not be read.
        IF clock_timestamp() BETWEEN transaction_timestamp()
                                 AND transaction_timestamp()
                                     + interval '500 microseconds'
           AND pg_advisory_xact_lock_shared(
                   '{schema}.eventstreaming_event'::regclass::oid::bigint::bit(32)::int,
                   pg_sequence_last_value(
                       '{schema}.eventstreaming_event_position_seq'::regclass
                   )::bit(32)::int) IS NOT NULL THEN
            RETURN NULL;
        END IF;
        IF coalesce(current_setting('eventstreaming.mark_'
                    || '{schema}.eventstreaming_event'::regclass::oid, true), '') = ''
        THEN
            last_drawn := pg_sequence_last_value(
                '{schema}.eventstreaming_event_position_seq'::regclass);
            IF last_drawn IS NULL THEN
                SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END
                  INTO last_drawn
                  FROM {schema}.eventstreaming_event_position_seq;
            END IF;
            is_marked := set_config(
                'eventstreaming.mark_'
                || '{schema}.eventstreaming_event'::regclass::oid,
                CASE WHEN pg_advisory_xact_lock_shared(
                              '{schema}.eventstreaming_event'::regclass::oid::bigint
                                  ::bit(32)::int,
                              last_drawn::bit(32)::int) IS NOT NULL
                     THEN last_drawn::text END,
                true) IS NOT NULL;
        END IF;
    EXCEPTION
        WHEN raise_exception THEN RAISE;  -- there is none: this makes it a block
    END;
    RETURN NULL;
END $body$;

CREATE OR REPLACE TRIGGER eventstreaming_mark
    BEFORE INSERT ON {schema}.eventstreaming_event
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.eventstreaming_mark_v4();
ALTER TABLE {schema}.eventstreaming_event ENABLE ALWAYS TRIGGER eventstreaming_mark;
