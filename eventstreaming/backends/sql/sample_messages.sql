-- Estimate the messages of queues by state from some two hundred pages of the table,
-- wherever they lie: what it costs does not grow with the table. `share` is how much
-- of the table they are.
WITH sample AS MATERIALIZED (
    SELECT least(1, 200.0 * current_setting('block_size')::int
                    / greatest(1, pg_relation_size('eventstreaming_message')))
           AS share
)
SELECT queue, count(*) FILTER (WHERE (state = 0 AND leased_until <= statement_timestamp())
                           OR (state = 1 AND due_at <= statement_timestamp()))
           / share,
       count(*) FILTER (WHERE state = 0 AND leased_until > statement_timestamp())
           / share,
       count(*) FILTER (WHERE state = 1 AND due_at > statement_timestamp()) / share,
       count(*) FILTER (WHERE state = 2) / share
  FROM sample,
       eventstreaming_message TABLESAMPLE SYSTEM (
           least(100, 100 * 200.0 * current_setting('block_size')::int
                      / greatest(1, pg_relation_size('eventstreaming_message'))))
 WHERE queue = ANY (%(queues)s)
 GROUP BY queue, share
