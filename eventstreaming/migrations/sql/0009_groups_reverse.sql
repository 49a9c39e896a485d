DROP FUNCTION {schema}.eventstreaming_wake_group_v1(text, text);
DROP FUNCTION {schema}.eventstreaming_group_is_free_v1(text, text, bigint);
DROP FUNCTION {schema}.eventstreaming_group_holds_v1(text, text, bigint);
DROP FUNCTION {schema}.eventstreaming_group_skips_v1(text);
