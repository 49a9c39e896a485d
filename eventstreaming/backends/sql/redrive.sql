-- Send dead letters back to their queue under their own ids; the lease goes on,
-- so an old receipt stays lost.
WITH picked AS MATERIALIZED (
    SELECT id
      FROM eventstreaming_deadletter
     WHERE queue = %(queue)s
       AND (%(ids)s::bigint[] IS NULL OR id = ANY (%(ids)s::bigint[]))
     ORDER BY queue, id
     LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), removed AS (
    DELETE FROM eventstreaming_deadletter AS d
     USING picked
     WHERE d.id = picked.id
    RETURNING d.*
)
INSERT INTO eventstreaming_message
       (id, queue, rank, group_key, message_type, schema_version, data, headers,
        correlation_id, enqueued_at, max_attempts, lease, errors)
SELECT id, queue, rank, group_key, message_type, schema_version, data, headers,
       correlation_id, enqueued_at, max_attempts, lease, errors
  FROM removed
 ORDER BY id
