-- Walk a page of a queue's groups, and wake those whose wake-up was lost: one
-- whose message was enqueued while the message before it went away, and whose
-- process ended before it could look again.
WITH RECURSIVE page AS (
    (SELECT group_key, 1 AS number
       FROM eventstreaming_message
      WHERE queue = %(queue)s AND group_key > %(after)s
      ORDER BY queue, group_key
      LIMIT 1)
    UNION ALL
    SELECT (SELECT m.group_key
              FROM eventstreaming_message AS m
             WHERE m.queue = %(queue)s AND m.group_key > page.group_key
             ORDER BY m.queue, m.group_key
             LIMIT 1),
           page.number + 1
      FROM page
     WHERE page.group_key IS NOT NULL AND page.number < %(size)s
)
SELECT group_key, eventstreaming_wake_group_v1(%(queue)s, group_key)
  FROM page
 WHERE group_key IS NOT NULL
