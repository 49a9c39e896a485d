DROP FUNCTION {schema}.eventstreaming_append_concurrent_v3(
    text, uuid, text, smallint, smallint, jsonb);
