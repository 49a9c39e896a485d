DROP FUNCTION {schema}.eventstreaming_claim_v1(
    text[], text[], float8[], integer[], integer[], bigint[], integer[], integer,
    text, float8, integer);
