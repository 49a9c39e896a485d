DROP FUNCTION {schema}.eventstreaming_append_concurrent_v1(
    text, uuid, text, integer, integer, jsonb);
