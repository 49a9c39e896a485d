-- Lock the partition of a subscription that is worked next: the one that was looked
-- at longest ago, of those that are free, have not come to their barrier and do not
-- wait. `mine` leaves out those of other workers, and `leases` those that are leased.
-- It is Claims.take_any() and take_own(), which Django would make anew for each batch.
SELECT {columns}, s.source, s.partitions, s.partition_by, s.wanted_partitions,
       s.delivery, s.state,
       coalesce(c.looked_at > statement_timestamp() - make_interval(secs => %(quiet)s),
                false)
  FROM eventstreaming_checkpoint AS c
  JOIN eventstreaming_subscription AS s ON s.id = c.subscription_id
 WHERE s.name = %(name)s
   AND s.state = 0
   AND (c.barrier IS NULL
        OR coalesce(c.{place}, %(before_first)s) < c.barrier)
   AND (c.retry_at IS NULL OR c.retry_at <= statement_timestamp())
   AND (NOT %(leases)s
        OR c.leased_until IS NULL OR c.leased_until <= statement_timestamp())
   AND c.id <> ALL (%(tried)s::bigint[])
   AND (NOT %(mine)s OR c.owner IN ('', %(owner)s))
 ORDER BY c.looked_at NULLS FIRST, c.partition
 LIMIT 1
   FOR UPDATE OF c SKIP LOCKED
