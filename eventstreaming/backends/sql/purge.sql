-- Remove all messages of a queue, by the index of each state.
WITH chosen AS MATERIALIZED (
    SELECT id FROM eventstreaming_message WHERE queue = %(queue)s AND state = 0
    UNION ALL
    SELECT id FROM eventstreaming_message WHERE queue = %(queue)s AND state = 1
    UNION ALL
    SELECT id FROM eventstreaming_message
     WHERE queue = %(queue)s AND state = 2 AND group_key IS NOT NULL
)
DELETE FROM eventstreaming_message AS m USING chosen WHERE m.id = chosen.id
