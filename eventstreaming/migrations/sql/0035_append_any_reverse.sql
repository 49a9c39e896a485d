DROP FUNCTION {schema}.eventstreaming_append_any_v2(
    text, uuid, text, smallint, smallint, jsonb);
