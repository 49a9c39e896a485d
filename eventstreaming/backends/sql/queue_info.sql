-- Count the messages of queues by state, each up to a bound. Ready and leased ones lie
-- in one index, so they are told apart in one walk of at most that many rows.
-- A delayed message whose time has come is ready, too: the next claim makes it so.
-- The oldest ready message is the first one that is visible of some priority; the
-- priorities are found by jumps in the index, of a hundred at most.
-- Where a count ends at the bound, its state is estimated as well, from some two hundred
-- pages of the table, wherever they lie: what that costs does not grow with the table, and
-- without such a state no page is looked at.
WITH counted AS MATERIALIZED (
    SELECT asked.place, asked.queue, counts.*
      FROM unnest(%(queues)s::text[]) WITH ORDINALITY AS asked (queue, place),
           LATERAL (
            WITH RECURSIVE lane (rank) AS (
                (SELECT rank FROM eventstreaming_message
                  WHERE queue = asked.queue AND state = 0
                  ORDER BY queue, rank LIMIT 1)
                UNION ALL
                SELECT (SELECT m.rank FROM eventstreaming_message AS m
                         WHERE m.queue = asked.queue AND m.state = 0 AND m.rank > lane.rank
                         ORDER BY m.queue, m.rank LIMIT 1)
                  FROM lane WHERE lane.rank IS NOT NULL
            ), oldest AS (
                SELECT min(visible.enqueued_at) AS enqueued_at
                  FROM (SELECT rank FROM lane WHERE rank IS NOT NULL LIMIT 100) AS lanes,
                       LATERAL (SELECT m.enqueued_at FROM eventstreaming_message AS m
                                 WHERE m.queue = asked.queue AND m.state = 0
                                   AND m.rank = lanes.rank
                                   AND m.leased_until <= statement_timestamp()
                                 ORDER BY m.queue, m.rank, m.id LIMIT 1) AS visible
            )
            SELECT live.ready, later.due, live.in_flight, later.delayed,
                   (SELECT count(*) FROM (
                        SELECT FROM eventstreaming_message
                         WHERE queue = asked.queue AND state = 2
                           AND group_key IS NOT NULL LIMIT %(bound)s) AS rows) AS blocked,
                   (SELECT count(*) FROM (
                        SELECT FROM eventstreaming_deadletter
                         WHERE queue = asked.queue LIMIT %(bound)s) AS rows) AS dead,
                   extract(epoch FROM statement_timestamp()
                       - least(oldest.enqueued_at, later.enqueued_at))::float8 AS oldest_age
              FROM oldest,
                   (SELECT count(*) FILTER (WHERE leased_until <= statement_timestamp()) AS ready,
                           count(*) FILTER (WHERE leased_until > statement_timestamp()) AS in_flight
                      FROM (SELECT leased_until
                              FROM eventstreaming_message
                             WHERE queue = asked.queue AND state = 0
                             ORDER BY queue, rank, id
                             LIMIT %(bound)s) AS head) AS live,
                   (SELECT count(*) FILTER (WHERE due_at <= statement_timestamp()) AS due,
                           count(*) FILTER (WHERE due_at > statement_timestamp()) AS delayed,
                           min(enqueued_at) FILTER (WHERE due_at <= statement_timestamp())
                               AS enqueued_at
                      FROM (SELECT due_at, enqueued_at
                              FROM eventstreaming_message
                             WHERE queue = asked.queue AND state = 1
                             ORDER BY queue, due_at
                             LIMIT %(bound)s) AS deferred) AS later
           ) AS counts
), live AS MATERIALIZED (
    SELECT queue FROM counted
     WHERE greatest(ready + in_flight, due + delayed, blocked) >= %(bound)s
), dead AS MATERIALIZED (
    SELECT queue FROM counted WHERE counted.dead >= %(bound)s
), messages AS (
    SELECT queue,
           count(*) FILTER (WHERE (state = 0 AND leased_until <= statement_timestamp())
                               OR (state = 1 AND due_at <= statement_timestamp())) AS ready,
           count(*) FILTER (WHERE state = 0
                              AND leased_until > statement_timestamp()) AS in_flight,
           count(*) FILTER (WHERE state = 1 AND due_at > statement_timestamp()) AS delayed,
           count(*) FILTER (WHERE state = 2) AS blocked
      FROM eventstreaming_message TABLESAMPLE SYSTEM (
               CASE WHEN EXISTS (SELECT FROM live)
                    THEN least(100, 20000.0 * current_setting('block_size')::int
                        / greatest(1, pg_relation_size('eventstreaming_message')))
                    ELSE 0 END)
     WHERE queue IN (SELECT queue FROM live)
     GROUP BY queue
), letters AS (
    SELECT queue, count(*) AS dead
      FROM eventstreaming_deadletter TABLESAMPLE SYSTEM (
               CASE WHEN EXISTS (SELECT FROM dead)
                    THEN least(100, 20000.0 * current_setting('block_size')::int
                        / greatest(1, pg_relation_size('eventstreaming_deadletter')))
                    ELSE 0 END)
     WHERE queue IN (SELECT queue FROM dead)
     GROUP BY queue
), whole (messages, letters) AS (
    SELECT greatest(1, pg_relation_size('eventstreaming_message')
                       / (200.0 * current_setting('block_size')::int)),
           greatest(1, pg_relation_size('eventstreaming_deadletter')
                       / (200.0 * current_setting('block_size')::int))
)
SELECT c.ready, c.due, c.in_flight, c.delayed, c.blocked, c.dead, c.oldest_age,
       ARRAY[m.ready * whole.messages, m.in_flight * whole.messages,
             m.delayed * whole.messages, m.blocked * whole.messages,
             l.dead * whole.letters]::float8[]
  FROM whole, counted AS c
  LEFT JOIN messages AS m ON m.queue = c.queue
  LEFT JOIN letters AS l ON l.queue = c.queue
 ORDER BY c.place
