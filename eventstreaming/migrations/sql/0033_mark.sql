-- What eventstreaming_mark_v1() does, in two thirds of the time: an expression of
-- PL/pgSQL is evaluated where it stands, while each SELECT and PERFORM is a query. The
-- reading of the sequence, the lock and the setting are in the same order.
CREATE FUNCTION {schema}.eventstreaming_mark_v2() RETURNS trigger
LANGUAGE plpgsql AS $body$
DECLARE
    setting text := 'eventstreaming.mark_' || TG_RELID;
    last_drawn bigint;
    is_done boolean;
BEGIN
    IF coalesce(current_setting(setting, true), '') = '' THEN
        last_drawn := pg_sequence_last_value(
            '{schema}.eventstreaming_event_position_seq'::regclass);
        IF last_drawn IS NULL THEN  -- nothing was drawn yet, or it may not be read
            SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END
              INTO last_drawn
              FROM {schema}.eventstreaming_event_position_seq;
        END IF;
        is_done := pg_advisory_xact_lock_shared(
            TG_RELID::bigint::bit(32)::int, last_drawn::bit(32)::int) IS NOT NULL;
        is_done := set_config(setting, last_drawn::text, true) IS NOT NULL;
    END IF;
    RETURN NULL;
END $body$;

CREATE OR REPLACE TRIGGER eventstreaming_mark
    BEFORE INSERT ON {schema}.eventstreaming_event
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.eventstreaming_mark_v2();
ALTER TABLE {schema}.eventstreaming_event ENABLE ALWAYS TRIGGER eventstreaming_mark;
