-- Count a queue's messages by state, each up to a bound. Ready and leased ones lie
-- in one index, so they are told apart in one walk of at most that many rows.
-- A delayed message whose time has come is ready: the next claim makes it so.
SELECT live.ready + later.due, live.in_flight, later.delayed,
       (SELECT count(*) FROM (
            SELECT FROM eventstreaming_message
             WHERE queue = %(queue)s AND state = 2
               AND group_key IS NOT NULL LIMIT %(bound)s) AS blocked),
       (SELECT count(*) FROM (
            SELECT FROM eventstreaming_deadletter
             WHERE queue = %(queue)s LIMIT %(bound)s) AS dead),
       extract(epoch FROM statement_timestamp()
           - least(live.oldest, later.oldest))::float8 AS oldest_age
  FROM (SELECT count(*) FILTER (WHERE leased_until <= statement_timestamp()) AS ready,
               count(*) FILTER (WHERE leased_until > statement_timestamp()) AS in_flight,
               min(enqueued_at) FILTER (WHERE leased_until <= statement_timestamp())
                   AS oldest
          FROM (SELECT enqueued_at, leased_until
                  FROM eventstreaming_message
                 WHERE queue = %(queue)s AND state = 0
                 ORDER BY queue, rank, id
                 LIMIT %(bound)s) AS head) AS live,
       (SELECT count(*) FILTER (WHERE due_at <= statement_timestamp()) AS due,
               count(*) FILTER (WHERE due_at > statement_timestamp()) AS delayed,
               min(enqueued_at) FILTER (WHERE due_at <= statement_timestamp())
                   AS oldest
          FROM (SELECT enqueued_at, due_at
                  FROM eventstreaming_message
                 WHERE queue = %(queue)s AND state = 1
                 ORDER BY queue, due_at
                 LIMIT %(bound)s) AS deferred) AS later
