-- Of leases, return those whose messages were cancelled meanwhile.
SELECT m.id, m.lease
  FROM unnest(%(ids)s::bigint[], %(leases)s::bigint[]) AS held (id, lease)
  JOIN eventstreaming_message AS m ON m.id = held.id AND m.lease = held.lease
 WHERE m.cancel_requested
