-- Bury a message that nobody holds; mark one that is held. Its row is locked first:
-- a claim or an answer that is under way decides which of both it is.
WITH target AS MATERIALIZED (
    SELECT id, leased_until > statement_timestamp() AS is_held
      FROM eventstreaming_message
     WHERE id = %(id)s AND queue = %(queue)s
       FOR UPDATE
), marked AS (
    UPDATE eventstreaming_message AS m
       SET cancel_requested = true
      FROM target AS t
     WHERE m.id = t.id AND t.is_held
), removed AS (
    DELETE FROM eventstreaming_message AS m
     USING target AS t
     WHERE m.id = t.id AND NOT t.is_held
    RETURNING m.*
), buried AS (
    INSERT INTO eventstreaming_deadletter
           (id, queue, rank, group_key, message_type, schema_version, data, headers,
            correlation_id, enqueued_at, max_attempts, lease, deliveries, attempts,
            errors, reason, error, fingerprint)
    SELECT id, queue, rank, group_key, message_type, schema_version, data, headers,
           correlation_id, enqueued_at, max_attempts, lease, deliveries, attempts,
           errors, 'cancelled', %(error)s, %(fingerprint)s
      FROM removed
)
SELECT t.is_held,
       (SELECT eventstreaming_wake_group_v1(%(queue)s, r.group_key)
          FROM removed AS r
         WHERE r.group_key IS NOT NULL)
  FROM target AS t
