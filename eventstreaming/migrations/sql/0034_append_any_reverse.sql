DROP FUNCTION {schema}.eventstreaming_append_any_v1(
    text, uuid, text, integer, integer, jsonb);
