DROP FUNCTION {schema}.eventstreaming_enqueue_plain_v1(text, text, integer, json);
