-- Lease the first visible messages of a queue. A lease that has expired makes a
-- message visible in its old place. The candidates are materialised: without
-- that the limit may be taken more than once. A literal state, so that the
-- partial index serves; statement_timestamp(), since now() stands still inside
-- a transaction and would shorten the lease.
WITH settings AS MATERIALIZED (
    SELECT visibility_timeout, max_deliveries, paused
      FROM eventstreaming_queue_settings_v1(%(settings)s::text[])
), candidate AS MATERIALIZED (
    SELECT id
      FROM eventstreaming_message
     WHERE queue = %(queue)s AND state = 0
       AND leased_until <= statement_timestamp()
       AND NOT (SELECT paused FROM settings)
     ORDER BY queue, rank, id
     LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
)
UPDATE eventstreaming_message AS m
   SET lease = m.lease + 1,
       deliveries = m.deliveries + 1,
       worker_id = %(worker_id)s,
       leased_until = statement_timestamp() + interval '1 second' * coalesce(
           %(timeout)s, (SELECT visibility_timeout FROM settings),
           %(default_timeout)s)
  FROM candidate AS c
 WHERE m.id = c.id
RETURNING m.id, m.rank, m.message_type, m.schema_version, m.data::text,
          m.headers::text, m.lease, m.group_key, m.deliveries, m.attempts,
          m.enqueued_at::text, m.leased_until::text, m.correlation_id,
          m.expires_at <= statement_timestamp(),
          m.deliveries > coalesce(%(max_deliveries)s,
                                  (SELECT max_deliveries FROM settings),
                                  %(default_max_deliveries)s)
