-- Make messages of a queue ready whose time has come, at most 1,000.
WITH due AS MATERIALIZED (
    SELECT id
      FROM eventstreaming_message
     WHERE queue = %(queue)s AND state = 1 AND due_at <= statement_timestamp()
     ORDER BY queue, due_at
     LIMIT 1000
       FOR UPDATE SKIP LOCKED
)
UPDATE eventstreaming_message AS m
   SET state = 0, due_at = NULL
  FROM due
 WHERE m.id = due.id
