DROP FUNCTION {schema}.eventstreaming_read_stream_v1(
    text, boolean, bigint, bigint, text[], bigint);
