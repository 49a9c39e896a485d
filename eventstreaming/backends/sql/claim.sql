-- Lease the first visible messages of some queues. The function is in
-- migrations/sql/0020_claim.sql.
SELECT queue, id, rank, message_type, schema_version, data, headers, lease,
       group_key, deliveries, attempts, enqueued_at, leased_until, correlation_id,
       expired, poisonous, cancelled
  FROM eventstreaming_claim_v2(
       %(queues)s, %(settings)s, %(timeouts)s, %(max_deliveries)s, %(from_ranks)s,
       %(from_ids)s, %(to_ranks)s, %(limit)s, %(worker_id)s, %(default_timeout)s,
       %(default_max_deliveries)s)
