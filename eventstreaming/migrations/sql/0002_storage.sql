-- Stream names are compared byte by byte: a change of the system's collation
-- must not reorder or lose them.
ALTER TABLE {schema}.eventstreaming_stream
    ALTER COLUMN name TYPE varchar(255) COLLATE "C",
    ALTER COLUMN category TYPE varchar(255) COLLATE "C";
ALTER TABLE {schema}.eventstreaming_event
    ALTER COLUMN category TYPE varchar(255) COLLATE "C";
ALTER TABLE {schema}.eventstreaming_message
    ALTER COLUMN queue TYPE varchar(255) COLLATE "C";
ALTER TABLE {schema}.eventstreaming_deadletter
    ALTER COLUMN queue TYPE varchar(255) COLLATE "C";

-- Half-empty pages let the next version of a row stay on its page, so heads,
-- leases and checkpoints are heap-only updates.
ALTER TABLE {schema}.eventstreaming_stream SET (fillfactor = 50);
ALTER TABLE {schema}.eventstreaming_checkpoint SET (fillfactor = 50);

-- A queue's dead rows are swept early and often; cutting the table's end would
-- take an exclusive lock on the busiest table; a burst into an empty queue must
-- be analysed soon.
ALTER TABLE {schema}.eventstreaming_message SET (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_analyze_threshold = 500,
    vacuum_truncate = false
);
