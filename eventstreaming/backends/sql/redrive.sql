-- Send dead letters back to their queue under their own ids; the lease goes on,
-- so an old receipt stays lost. One that is edited gets new data or headers.
WITH picked AS MATERIALIZED (
    SELECT id
      FROM eventstreaming_deadletter
     WHERE queue = %(queue)s
       AND (%(ids)s::bigint[] IS NULL OR id = ANY (%(ids)s::bigint[]))
       AND (%(reason)s::text IS NULL OR reason = %(reason)s)
       AND (%(fingerprint)s::text IS NULL OR fingerprint = %(fingerprint)s)
       AND (%(older_than)s::float8 IS NULL OR died_at <=
            statement_timestamp() - %(older_than)s * interval '1 second')
       AND (%(newer_than)s::float8 IS NULL OR died_at >
            statement_timestamp() - %(newer_than)s * interval '1 second')
     ORDER BY queue, id
     LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), removed AS (
    DELETE FROM eventstreaming_deadletter
     WHERE id = ANY (ARRAY(SELECT id FROM picked))
    RETURNING *
)
INSERT INTO eventstreaming_message
       (id, queue, rank, group_key, message_type, schema_version, data, headers,
        correlation_id, enqueued_at, max_attempts, lease, errors)
SELECT id, queue, rank, group_key, coalesce(%(message_type)s, message_type),
       coalesce(%(schema_version)s, schema_version), coalesce(%(data)s, data),
       nullif(coalesce(%(headers)s, headers)::text, '{}')::json, correlation_id,
       enqueued_at, max_attempts, lease, errors
  FROM removed
 ORDER BY id
