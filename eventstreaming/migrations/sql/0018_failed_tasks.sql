-- Each attempt and the outcome change a task's row: room for that in its page makes
-- it a heap-only update.
ALTER TABLE {schema}.eventstreaming_taskresult SET (fillfactor = 70);
