-- Remove a message; with a lease, only under that lease. The function is in
-- migrations/sql/0009_acknowledge.sql.
SELECT eventstreaming_acknowledge_v1(%(queue)s, %(id)s, %(lease)s)
