CREATE OR REPLACE TRIGGER eventstreaming_mark
    BEFORE INSERT ON {schema}.eventstreaming_event
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.eventstreaming_mark_v3();
ALTER TABLE {schema}.eventstreaming_event ENABLE ALWAYS TRIGGER eventstreaming_mark;
DROP FUNCTION {schema}.eventstreaming_mark_v4();
