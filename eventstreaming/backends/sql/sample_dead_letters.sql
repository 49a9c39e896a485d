-- Estimate a queue's dead letters from some two hundred pages of the table.
WITH sample AS MATERIALIZED (
    SELECT least(1, 200.0 * current_setting('block_size')::int
                    / greatest(1, pg_relation_size('eventstreaming_deadletter')))
           AS share
)
SELECT count(*) / share
  FROM sample,
       eventstreaming_deadletter TABLESAMPLE SYSTEM (
           least(100, 100 * 200.0 * current_setting('block_size')::int
                      / greatest(1, pg_relation_size('eventstreaming_deadletter'))))
 WHERE queue = %(queue)s
 GROUP BY share
