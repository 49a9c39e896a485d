-- The channel that notify.sql sends to, and this session's real process: behind a
-- connection pooler it is not the one that the driver was told.
SELECT 'eventstreaming:' || 'eventstreaming_event'::regclass::oid, pg_backend_pid()
