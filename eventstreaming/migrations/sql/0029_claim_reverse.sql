DROP FUNCTION {schema}.eventstreaming_claim_v3(
    text[], text[], float8[], integer[], text[], integer, text, float8, integer);
DROP FUNCTION {schema}.eventstreaming_claim_queue_v1(
    text, text, float8, integer, bigint[], integer, text, float8, integer);
