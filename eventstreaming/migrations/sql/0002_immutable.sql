-- Appended events are immutable. Retention first raises the stream's
-- first_offset, then deletes below it.
CREATE FUNCTION {schema}.eventstreaming_refuse_update_v1() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'event % is immutable', OLD.position
        USING ERRCODE = 'restrict_violation';
END $body$;

CREATE FUNCTION {schema}.eventstreaming_refuse_delete_v1() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    IF EXISTS (SELECT FROM {schema}.eventstreaming_stream
                WHERE id = OLD.stream_id AND first_offset > OLD."offset") THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'event % is kept: truncate its stream first', OLD.position
        USING ERRCODE = 'restrict_violation';
END $body$;

-- Events without their stream would be unreadable.
CREATE FUNCTION {schema}.eventstreaming_refuse_orphans_v1() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    IF EXISTS (SELECT FROM {schema}.eventstreaming_event WHERE stream_id = OLD.id) THEN
        RAISE EXCEPTION 'stream % has events', OLD.name
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $body$;

CREATE TRIGGER eventstreaming_refuse_orphans
    BEFORE DELETE ON {schema}.eventstreaming_stream
    FOR EACH ROW EXECUTE FUNCTION {schema}.eventstreaming_refuse_orphans_v1();
ALTER TABLE {schema}.eventstreaming_stream
    ENABLE ALWAYS TRIGGER eventstreaming_refuse_orphans;

CREATE TRIGGER eventstreaming_refuse_update
    BEFORE UPDATE ON {schema}.eventstreaming_event
    FOR EACH ROW EXECUTE FUNCTION {schema}.eventstreaming_refuse_update_v1();
CREATE TRIGGER eventstreaming_refuse_delete
    BEFORE DELETE ON {schema}.eventstreaming_event
    FOR EACH ROW EXECUTE FUNCTION {schema}.eventstreaming_refuse_delete_v1();
ALTER TABLE {schema}.eventstreaming_event
    ENABLE ALWAYS TRIGGER eventstreaming_refuse_update,
    ENABLE ALWAYS TRIGGER eventstreaming_refuse_delete;
