DROP FUNCTION {schema}.eventstreaming_enqueue_v1(
    text, text, integer, json, json, text, integer, float8, float8, text, text);
