DROP FUNCTION {schema}.eventstreaming_begin_append_v1(text, text, bigint, bigint);
DROP FUNCTION {schema}.eventstreaming_append_v2(
    text, text, bigint, bigint, jsonb, text, text);
DROP FUNCTION {schema}.eventstreaming_append_one_v1(
    text, text, bigint, uuid, text, integer, text, integer, jsonb, jsonb, text,
    text);
