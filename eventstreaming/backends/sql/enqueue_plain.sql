-- Put one message into a queue that has nothing but a type and data. The function is
-- in migrations/sql/0029_enqueue_plain.sql.
SELECT eventstreaming_enqueue_plain_v1(
       %(queue)s, %(message_type)s, %(schema_version)s, %(data)s)
