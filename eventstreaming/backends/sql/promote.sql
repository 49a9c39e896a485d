-- Make messages ready whose time has come, at most 1,000 of each queue; one that
-- its group holds waits. Return for each queue how many, and in how many seconds
-- the next one is due.
WITH promoted AS (
    UPDATE eventstreaming_message AS m
       SET state = CASE WHEN m.group_key IS NOT NULL
                             AND eventstreaming_group_holds_v1(
                                 m.queue, m.group_key, m.id)
                        THEN 2 ELSE 0 END,
           due_at = NULL
     WHERE m.id = ANY (ARRAY(
           SELECT due.id
             FROM unnest(%(queues)s::text[]) AS q (name)
            CROSS JOIN LATERAL (
                  SELECT id
                    FROM eventstreaming_message
                   WHERE queue = q.name AND state = 1
                     AND due_at <= statement_timestamp()
                   ORDER BY queue, due_at, id
                   LIMIT 1000
                     FOR UPDATE SKIP LOCKED) AS due))
    RETURNING m.queue
)
SELECT q.name, (SELECT count(*) FROM promoted WHERE queue = q.name),
       (SELECT extract(epoch FROM due_at - statement_timestamp())::float8
          FROM eventstreaming_message
         WHERE queue = q.name AND state = 1 AND due_at > statement_timestamp()
         ORDER BY queue, due_at, id
         LIMIT 1)
  FROM unnest(%(queues)s::text[]) AS q (name)
