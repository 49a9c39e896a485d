DROP FUNCTION {schema}.eventstreaming_queue_settings_v1(text[]);
