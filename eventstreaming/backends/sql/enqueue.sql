-- Put one message into a queue.
INSERT INTO eventstreaming_message
       (queue, rank, state, due_at, expires_at, message_type, schema_version,
        data, headers, correlation_id)
VALUES (%(queue)s, %(rank)s, CASE WHEN %(delay)s > 0 THEN 1 ELSE 0 END,
        CASE WHEN %(delay)s > 0
             THEN statement_timestamp() + %(delay)s * interval '1 second' END,
        statement_timestamp() + %(expires_in)s * interval '1 second',
        %(message_type)s, %(schema_version)s, %(data)s, %(headers)s,
        %(correlation_id)s)
RETURNING id
