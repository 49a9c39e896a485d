DROP FUNCTION {schema}.eventstreaming_append_v1(
    text, text, bigint, bigint, jsonb, text, text);
