DROP FUNCTION {schema}.eventstreaming_begin_batch_v1(text, text, text[], bigint, float8);
