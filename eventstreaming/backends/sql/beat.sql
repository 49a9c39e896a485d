-- What a listener asks now and then for all who wait in its process: how far
-- events can be read, which of the queues have something to deliver, and whether
-- this session still listens. Both probes stop at the first message that is ready.
SELECT eventstreaming_fence_v1(),
       ARRAY (SELECT name
                FROM unnest(%(queues)s::text[]) AS name
               WHERE (SELECT true FROM eventstreaming_message
                       WHERE queue = name AND state = 0
                         AND leased_until <= statement_timestamp()
                       ORDER BY queue, rank, id LIMIT 1)
                  OR (SELECT true FROM eventstreaming_message
                       WHERE queue = name AND state = 1
                         AND due_at <= statement_timestamp()
                       ORDER BY queue, due_at LIMIT 1)),
       EXISTS (SELECT FROM pg_listening_channels() AS channel
                WHERE channel = %(channel)s)
