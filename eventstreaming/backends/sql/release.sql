-- Give back messages that were not started, as if they had not been delivered.
UPDATE eventstreaming_message AS m
   SET leased_until = 'epoch', deliveries = m.deliveries - 1
  FROM unnest(%(ids)s::bigint[], %(leases)s::bigint[]) AS held (id, lease)
 WHERE m.id = held.id AND m.lease = held.lease AND m.leased_until > 'epoch'
