DROP FUNCTION {schema}.eventstreaming_acknowledge_many_v1(text, bigint[], bigint[]);
DROP FUNCTION {schema}.eventstreaming_acknowledge_v1(text, bigint, bigint);
