-- Draw the ids of messages that are to be copied, with what the copies have in
-- common and only the database knows: when they are due, when they expire, and
-- whether their group holds the first of them.
SELECT string_agg(nextval('eventstreaming_message_id_seq')::text, ','),
       (statement_timestamp() + %(delay)s * interval '1 second')::text,
       (statement_timestamp() + %(expires_in)s * interval '1 second')::text,
       %(group_key)s::text IS NOT NULL
           AND eventstreaming_group_holds_v1(%(queue)s, %(group_key)s, NULL)
  FROM generate_series(1, %(count)s)
