ALTER TABLE {schema}.eventstreaming_message RESET (
    fillfactor,
    autovacuum_vacuum_scale_factor,
    autovacuum_vacuum_threshold,
    autovacuum_vacuum_cost_delay,
    autovacuum_analyze_scale_factor,
    autovacuum_analyze_threshold,
    vacuum_truncate
);
ALTER TABLE {schema}.eventstreaming_checkpoint RESET (fillfactor);
ALTER TABLE {schema}.eventstreaming_stream RESET (fillfactor);
ALTER TABLE {schema}.eventstreaming_deadletter
    ALTER COLUMN queue TYPE varchar(255) COLLATE "default";
ALTER TABLE {schema}.eventstreaming_message
    ALTER COLUMN queue TYPE varchar(255) COLLATE "default";
ALTER TABLE {schema}.eventstreaming_event
    ALTER COLUMN category TYPE varchar(255) COLLATE "default";
ALTER TABLE {schema}.eventstreaming_stream
    ALTER COLUMN category TYPE varchar(255) COLLATE "default",
    ALTER COLUMN name TYPE varchar(255) COLLATE "default";
