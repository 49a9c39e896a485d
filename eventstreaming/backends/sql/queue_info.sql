-- Count a queue's messages by state, each up to a bound.
SELECT (SELECT count(*) FROM (
            SELECT FROM eventstreaming_message
             WHERE queue = %(queue)s AND state = 0
               AND leased_until <= statement_timestamp() LIMIT %(bound)s) AS ready),
       (SELECT count(*) FROM (
            SELECT FROM eventstreaming_message
             WHERE queue = %(queue)s AND state = 0
               AND leased_until > statement_timestamp() LIMIT %(bound)s) AS in_flight),
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
       (SELECT extract(epoch FROM statement_timestamp() - min(enqueued_at))::float8
          FROM (SELECT enqueued_at FROM eventstreaming_message
                 WHERE queue = %(queue)s AND state = 0
                   AND leased_until <= statement_timestamp()
                 ORDER BY queue, rank, id LIMIT %(bound)s) AS oldest)
