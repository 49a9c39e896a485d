ALTER TABLE {schema}.eventstreaming_message SET (fillfactor = 50);
