-- Put many messages into a queue, in the order of a JSON array of {t, v, d}:
-- type, version, data.
INSERT INTO eventstreaming_message
       (queue, rank, state, due_at, expires_at, message_type, schema_version,
        data, headers, correlation_id)
SELECT %(queue)s, %(rank)s, CASE WHEN %(delay)s > 0 THEN 1 ELSE 0 END,
       CASE WHEN %(delay)s > 0
            THEN statement_timestamp() + %(delay)s * interval '1 second' END,
       statement_timestamp() + %(expires_in)s * interval '1 second',
       n.t, n.v, coalesce(n.d, 'null'), %(headers)s::json, %(correlation_id)s
  FROM ROWS FROM (json_to_recordset(%(messages)s) AS (t text, v smallint, d json))
       WITH ORDINALITY AS n
 ORDER BY n.ordinality
RETURNING id
