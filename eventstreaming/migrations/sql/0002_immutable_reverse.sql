DROP TRIGGER eventstreaming_refuse_orphans ON {schema}.eventstreaming_stream;
DROP FUNCTION {schema}.eventstreaming_refuse_orphans_v1();
DROP TRIGGER eventstreaming_refuse_delete ON {schema}.eventstreaming_event;
DROP TRIGGER eventstreaming_refuse_update ON {schema}.eventstreaming_event;
DROP FUNCTION {schema}.eventstreaming_refuse_delete_v1();
DROP FUNCTION {schema}.eventstreaming_refuse_update_v1();
