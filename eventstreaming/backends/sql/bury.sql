-- Move messages to the dead letters that were claimed and are not to be handled; the next of
-- their groups become ready.
WITH removed AS (
    DELETE FROM eventstreaming_message AS m
     USING unnest(%(ids)s::bigint[], %(leases)s::bigint[]) AS held (id, lease)
     WHERE m.id = held.id AND m.lease = held.lease
    RETURNING m.*
), buried AS (
    INSERT INTO eventstreaming_deadletter
           (id, queue, rank, group_key, message_type, schema_version, data, headers,
            correlation_id, enqueued_at, max_attempts, lease, deliveries, attempts,
            errors, reason, error, fingerprint)
    SELECT id, queue, rank, group_key, message_type, schema_version, data, headers,
           correlation_id, enqueued_at, max_attempts, lease, deliveries - 1,
           attempts, errors, %(reason)s, %(error)s, %(fingerprint)s
      FROM removed
)
SELECT id, CASE WHEN group_key IS NOT NULL
                THEN eventstreaming_wake_group_v1(queue, group_key) END
  FROM removed
