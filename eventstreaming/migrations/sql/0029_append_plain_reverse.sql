DROP FUNCTION {schema}.eventstreaming_append_plain_v1(
    text, bigint, uuid, text, integer, integer, jsonb);
