-- Lease the first visible messages of some queues. The function is in
-- migrations/sql/0029_claim.sql.
SELECT *
  FROM eventstreaming_claim_v3(
       %(queues)s, %(settings)s, %(timeouts)s, %(max_deliveries)s, %(ranges)s,
       %(limit)s, %(worker_id)s, %(default_timeout)s, %(default_max_deliveries)s)
