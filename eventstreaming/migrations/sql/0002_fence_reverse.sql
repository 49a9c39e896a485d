DROP FUNCTION {schema}.eventstreaming_fence_v1();
DROP TRIGGER eventstreaming_mark ON {schema}.eventstreaming_event;
DROP FUNCTION {schema}.eventstreaming_mark_v1();
