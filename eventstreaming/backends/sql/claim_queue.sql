-- Lease the first visible messages of one queue. The function is in
-- migrations/sql/0029_claim.sql.
SELECT *
  FROM eventstreaming_claim_queue_v1(
       %(queue)s, %(settings)s, %(timeout)s, %(max_deliveries)s, %(ranges)s,
       %(limit)s, %(worker_id)s, %(default_timeout)s, %(default_max_deliveries)s)
