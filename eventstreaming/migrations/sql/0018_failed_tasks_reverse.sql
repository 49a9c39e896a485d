ALTER TABLE {schema}.eventstreaming_taskresult RESET (fillfactor);
