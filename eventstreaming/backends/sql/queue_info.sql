-- Count a queue's messages by state, each up to a bound. Ready and leased ones lie
-- in one index, so they are told apart in one walk of at most that many rows.
SELECT live.ready, live.in_flight,
       (SELECT count(*) FROM (
            SELECT FROM eventstreaming_message
             WHERE queue = %(queue)s AND state = 1 LIMIT %(bound)s) AS delayed),
       (SELECT count(*) FROM (
            SELECT FROM eventstreaming_message
             WHERE queue = %(queue)s AND state = 2
               AND group_key IS NOT NULL LIMIT %(bound)s) AS blocked),
       (SELECT count(*) FROM (
            SELECT FROM eventstreaming_deadletter
             WHERE queue = %(queue)s LIMIT %(bound)s) AS dead),
       live.oldest_age
  FROM (SELECT count(*) FILTER (WHERE leased_until <= statement_timestamp()) AS ready,
               count(*) FILTER (WHERE leased_until > statement_timestamp()) AS in_flight,
               extract(epoch FROM statement_timestamp() - min(enqueued_at)
                   FILTER (WHERE leased_until <= statement_timestamp()))::float8
                   AS oldest_age
          FROM (SELECT enqueued_at, leased_until
                  FROM eventstreaming_message
                 WHERE queue = %(queue)s AND state = 0
                 ORDER BY queue, rank, id
                 LIMIT %(bound)s) AS head) AS live
