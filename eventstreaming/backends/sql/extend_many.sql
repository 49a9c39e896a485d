-- Hold many leases; return those that are still held. A locked row is not waited
-- for: its atomic() is about to commit, and it counts as held.
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::bigint[], %(leases)s::bigint[]) AS a (id, lease)
), free AS MATERIALIZED (
    SELECT m.id
      FROM eventstreaming_message AS m
      JOIN asked AS a ON m.id = a.id AND m.lease = a.lease
     WHERE m.leased_until > 'epoch'
     ORDER BY m.id
       FOR UPDATE OF m SKIP LOCKED
), extended AS (
    UPDATE eventstreaming_message AS m
       SET leased_until = statement_timestamp() + %(timeout)s * interval '1 second'
      FROM free
     WHERE m.id = free.id
)
SELECT m.id, m.lease
  FROM eventstreaming_message AS m
  JOIN asked AS a ON m.id = a.id AND m.lease = a.lease
 WHERE m.leased_until > 'epoch'
