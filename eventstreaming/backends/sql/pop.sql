-- Take the first visible message of a queue and remove it; the next of its group
-- becomes ready.
WITH candidate AS MATERIALIZED (
    SELECT id
      FROM eventstreaming_message
     WHERE queue = %(queue)s AND state = 0 AND NOT cancel_requested
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
)
SELECT queue, id, rank, message_type, schema_version, data::text, headers::text,
       lease + 1, group_key, deliveries + 1, attempts, enqueued_at::text,
       statement_timestamp()::text, correlation_id,
       coalesce(expires_at <= statement_timestamp(), false), false,
       CASE WHEN group_key IS NOT NULL
            THEN eventstreaming_wake_group_v1(queue, group_key) END
  FROM removed
