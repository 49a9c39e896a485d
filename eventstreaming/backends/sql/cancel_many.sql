-- Cancel messages as cancel.sql does one. Those of groups are left to it: several of
-- one group must not be removed by the statement that wakes the next of it.
WITH target AS MATERIALIZED (
    SELECT id, leased_until > statement_timestamp() AS is_held
      FROM eventstreaming_message
     WHERE id = ANY (%(ids)s::bigint[]) AND queue = %(queue)s AND group_key IS NULL
     ORDER BY id
       FOR UPDATE
), marked AS (
    UPDATE eventstreaming_message
       SET cancel_requested = true
     WHERE id = ANY (ARRAY(SELECT id FROM target WHERE is_held))
), removed AS (
    DELETE FROM eventstreaming_message
     WHERE id = ANY (ARRAY(SELECT id FROM target WHERE NOT is_held))
    RETURNING *
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
SELECT id FROM target
