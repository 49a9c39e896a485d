-- Announce that something was written, outside of the writer's transaction. It
-- need not outlive a crash, so the commit does not wait for the disk. The channel
-- carries the table: two schemas of one database do not hear each other.
SELECT set_config('synchronous_commit', 'off', true),
       pg_notify('eventstreaming:' || 'eventstreaming_event'::regclass::oid, %(topic)s)
