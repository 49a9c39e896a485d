-- Give a message back as a failed attempt, or bury it: one statement either way.
-- Released means leased_until = epoch under the same lease. A configured backoff
-- is exact, of the built-in one a random part is waited for. Of the errors the
-- first and the last nine are kept. Where its group goes on without it, the next
-- one becomes ready.
WITH settings AS MATERIALIZED (
    SELECT max_attempts, backoff
      FROM eventstreaming_queue_settings_v1(%(settings)s::text[])
), target AS MATERIALIZED (
    SELECT m.id, m.attempts + 1 AS attempts,
           %(dead_letter)s OR m.cancel_requested OR m.attempts + 1 >= coalesce(
               %(max_attempts)s, m.max_attempts, (SELECT max_attempts FROM settings),
               %(default_max_attempts)s) AS dies,
           (SELECT json_agg(kept.entry ORDER BY kept.number)
              FROM (SELECT old.entry, old.number
                      FROM json_array_elements(m.errors)
                           WITH ORDINALITY AS old (entry, number)
                     WHERE old.number = 1
                        OR old.number > json_array_length(m.errors) - 8) AS kept)
               AS old_errors
      FROM eventstreaming_message AS m
     WHERE m.id = %(id)s AND m.queue = %(queue)s
       AND (%(lease)s::bigint IS NULL
            OR (m.lease = %(lease)s AND m.leased_until > 'epoch'))
       FOR UPDATE
), failed AS MATERIALIZED (
    SELECT id, attempts, dies,
           (coalesce(old_errors::jsonb, '[]') || jsonb_build_array(jsonb_build_object(
               'at', statement_timestamp(), 'attempt', attempts,
               'error', %(error)s::text)))::json AS errors,
           coalesce(%(delay)s::float8, (
               SELECT (b.list ->> least(attempts, jsonb_array_length(b.list)) - 1)::float8
                      * b.part
                 FROM (SELECT coalesce(s.backoff, %(default_backoff)s::jsonb),
                              CASE WHEN s.backoff IS NULL THEN random() ELSE 1 END
                         FROM settings AS s) AS b (list, part))
           ) AS delay
      FROM target
), removed AS (
    DELETE FROM eventstreaming_message AS m
     USING failed AS f
     WHERE m.id = f.id AND f.dies
    RETURNING m.*, f.attempts AS failed_attempts, f.errors AS all_errors
), buried AS (
    INSERT INTO eventstreaming_deadletter
           (id, queue, rank, group_key, message_type, schema_version, data, headers,
            correlation_id, enqueued_at, max_attempts, lease, deliveries, attempts,
            errors, reason, error, fingerprint)
    SELECT id, queue, rank, group_key, message_type, schema_version, data, headers,
           correlation_id, enqueued_at, max_attempts, lease, deliveries,
           failed_attempts, all_errors,
           CASE WHEN cancel_requested THEN 'cancelled'
                WHEN %(dead_letter)s THEN 'rejected' ELSE 'max_attempts' END,
           %(error)s, %(fingerprint)s
      FROM removed
), returned AS (
    UPDATE eventstreaming_message AS m
       SET attempts = f.attempts,
           errors = f.errors,
           leased_until = 'epoch',
           state = CASE WHEN f.delay > 0 THEN 1 ELSE 0 END,
           due_at = CASE WHEN f.delay > 0 THEN
               statement_timestamp() + f.delay * interval '1 second' END
      FROM failed AS f
     WHERE m.id = f.id AND NOT f.dies
    RETURNING m.group_key, m.state
)
SELECT f.dies, f.delay,
       (SELECT eventstreaming_wake_group_v1(%(queue)s, gone.group_key)
          FROM (SELECT group_key FROM removed
                UNION ALL
                SELECT group_key FROM returned WHERE state = 1) AS gone
         WHERE gone.group_key IS NOT NULL)
  FROM failed AS f
