-- Messages whose ids were drawn by draw_message_ids.sql.
COPY eventstreaming_message
     (id, queue, rank, state, due_at, expires_at, group_key, correlation_id,
      headers, message_type, schema_version, data)
FROM STDIN
