-- Take the first visible message of a queue and remove it; the next of its group
-- becomes ready. One that was cancelled while it was held is buried instead.
WITH candidate AS MATERIALIZED (
    SELECT id
      FROM eventstreaming_message
     WHERE queue = %(queue)s AND state = 0
       AND leased_until <= statement_timestamp()
       AND NOT (SELECT paused
                  FROM eventstreaming_queue_settings_v1(%(settings)s::text[]))
       AND (group_key IS NULL
            OR eventstreaming_group_is_free_v1(queue, group_key, id))
     ORDER BY queue, rank, id
     LIMIT 1
       FOR UPDATE SKIP LOCKED
), removed AS (
    DELETE FROM eventstreaming_message AS m
     USING candidate AS c
     WHERE m.id = c.id
    RETURNING m.*
), buried AS (
    INSERT INTO eventstreaming_deadletter
           (id, queue, rank, group_key, message_type, schema_version, data, headers,
            correlation_id, enqueued_at, max_attempts, lease, deliveries, attempts,
            errors, reason, error, fingerprint)
    SELECT id, queue, rank, group_key, message_type, schema_version, data, headers,
           correlation_id, enqueued_at, max_attempts, lease + 1, deliveries, attempts,
           errors, 'cancelled', %(cancelled)s, 'cancelled'
      FROM removed
     WHERE cancel_requested
)
SELECT queue, id, rank, message_type, schema_version, data::text, headers::text,
       lease + 1, group_key, deliveries + 1, attempts, enqueued_at::text,
       statement_timestamp()::text, correlation_id,
       cancel_requested OR coalesce(expires_at <= statement_timestamp(), false), false,
       CASE WHEN group_key IS NOT NULL
            THEN eventstreaming_wake_group_v1(queue, group_key) END
  FROM removed
