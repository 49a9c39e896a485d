DROP FUNCTION {schema}.eventstreaming_claim_v2(
    text[], text[], float8[], integer[], integer[], bigint[], integer[], integer,
    text, float8, integer);
