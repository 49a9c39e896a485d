-- Remove all messages of a queue, by the index of each state. They are named in an
-- array: a join of the table with itself may be planned as a walk over all pairs.
DELETE FROM eventstreaming_message
 WHERE id = ANY (ARRAY(
    SELECT id FROM eventstreaming_message WHERE queue = %(queue)s AND state = 0
    UNION ALL
    SELECT id FROM eventstreaming_message WHERE queue = %(queue)s AND state = 1
    UNION ALL
    SELECT id FROM eventstreaming_message
     WHERE queue = %(queue)s AND state = 2 AND group_key IS NOT NULL))
