DROP FUNCTION {schema}.eventstreaming_append_concurrent_v2(
    text, uuid, text, integer, integer, jsonb);
