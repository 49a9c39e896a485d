DROP FUNCTION {schema}.eventstreaming_open_stream_v1(text, text, bigint, bigint);
DROP FUNCTION {schema}.eventstreaming_new_stream_kind_v1(text);
