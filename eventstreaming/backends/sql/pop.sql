-- Take the first visible messages of a queue and remove them.
WITH candidate AS MATERIALIZED (
    SELECT id
      FROM eventstreaming_message
     WHERE queue = %(queue)s AND state = 0
       AND leased_until <= statement_timestamp()
       AND NOT (SELECT paused
                  FROM eventstreaming_queue_settings_v1(%(settings)s::text[]))
     ORDER BY queue, rank, id
     LIMIT 1
       FOR UPDATE SKIP LOCKED
)
DELETE FROM eventstreaming_message AS m
 USING candidate AS c
 WHERE m.id = c.id
RETURNING m.id, m.rank, m.message_type, m.schema_version, m.data::text,
          m.headers::text, m.lease + 1, m.group_key, m.deliveries + 1, m.attempts,
          m.enqueued_at::text, statement_timestamp()::text,
          m.correlation_id,
          m.expires_at <= statement_timestamp(), false
