-- Put one message into a queue. The function is in migrations/sql/0009_enqueue.sql.
SELECT eventstreaming_enqueue_v1(
       %(queue)s, %(message_type)s, %(schema_version)s, %(data)s, %(headers)s,
       %(correlation_id)s, %(rank)s, %(delay)s, %(expires_in)s, %(group_key)s,
       %(deduplication_key)s)
