-- Estimate the dead letters of queues from some two hundred pages of the table.
WITH sample AS MATERIALIZED (
    SELECT least(1, 200.0 * current_setting('block_size')::int
                    / greatest(1, pg_relation_size('eventstreaming_deadletter')))
           AS share
)
SELECT queue, count(*) / share
  FROM sample,
       eventstreaming_deadletter TABLESAMPLE SYSTEM (
           least(100, 100 * 200.0 * current_setting('block_size')::int
                      / greatest(1, pg_relation_size('eventstreaming_deadletter'))))
 WHERE queue = ANY (%(queues)s)
 GROUP BY queue, share
