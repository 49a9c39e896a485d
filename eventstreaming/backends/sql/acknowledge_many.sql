-- Remove many messages, each under its lease.
DELETE FROM eventstreaming_message AS m
 USING unnest(%(ids)s::bigint[], %(leases)s::bigint[]) AS held (id, lease)
 WHERE m.id = held.id AND m.lease = held.lease
   AND m.queue = %(queue)s AND m.leased_until > 'epoch'
RETURNING m.id, held.lease
