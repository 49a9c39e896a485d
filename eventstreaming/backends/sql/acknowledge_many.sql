-- Remove many messages, each under its lease; return those whose lease was lost.
-- The function is in migrations/sql/0009_acknowledge.sql.
SELECT id, lease
  FROM eventstreaming_acknowledge_many_v1(%(queue)s, %(ids)s, %(leases)s)
