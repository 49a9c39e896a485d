DROP FUNCTION {schema}.eventstreaming_append_plain_v2(
    text, bigint, uuid, text, integer, integer, jsonb);
