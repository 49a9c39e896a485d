-- The low-water fence: readers stop below the lowest position that a running
-- transaction may still fill.

-- Before its first position is drawn, a transaction publishes the last drawn
-- one as a shared advisory lock. The setting is local to the transaction, so
-- this happens once, and rolling back to a savepoint drops lock and setting
-- together. Its name carries the table: two schemas never share a marker.
CREATE FUNCTION {schema}.eventstreaming_mark_v1() RETURNS trigger
LANGUAGE plpgsql AS $body$
DECLARE
    setting text := 'eventstreaming.mark_' || TG_RELID;
    last_drawn bigint;
BEGIN
    IF coalesce(current_setting(setting, true), '') = '' THEN
        SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END
          INTO last_drawn
          FROM {schema}.eventstreaming_event_position_seq;
        PERFORM pg_advisory_xact_lock_shared(
            TG_RELID::bigint::bit(32)::int, last_drawn::bit(32)::int);
        PERFORM set_config(setting, last_drawn::text, true);
    END IF;
    RETURN NULL;
END $body$;

CREATE TRIGGER eventstreaming_mark
    BEFORE INSERT ON {schema}.eventstreaming_event
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.eventstreaming_mark_v1();
ALTER TABLE {schema}.eventstreaming_event ENABLE ALWAYS TRIGGER eventstreaming_mark;

-- The highest position up to which nothing can appear any more. The order of
-- the two reads matters: a position that was drawn before the first one has its
-- marker set, or its transaction has ended, before the second one. The marker
-- is brought back to 64 bits by the signed difference: it may be above.
-- A later statement reads the events; the caller's own marker does not count,
-- so that a transaction can read what it wrote.
CREATE FUNCTION {schema}.eventstreaming_fence_v1() RETURNS bigint
LANGUAGE plpgsql AS $body$
DECLARE
    last_drawn bigint;
    marker bigint;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END
      INTO last_drawn
      FROM {schema}.eventstreaming_event_position_seq;
    SELECT min(last_drawn + (objid::bigint - last_drawn)::bit(32)::int)
      INTO marker
      FROM pg_catalog.pg_locks
     WHERE locktype = 'advisory'
       AND classid = '{schema}.eventstreaming_event'::regclass::oid
       AND objsubid = 2
       AND granted
       AND pid IS DISTINCT FROM pg_backend_pid()
       AND database = (SELECT oid FROM pg_catalog.pg_database
                        WHERE datname = current_database());
    RETURN least(last_drawn, coalesce(marker, last_drawn));
END $body$;
