-- Give back what a dead worker holds on a page of a queue, in the order of delivery.
-- What it had begun stays a delivery, since it may be what killed the worker; what
-- it had not is given back as if it had not been delivered. Rows that are locked are
-- left for the next look: a session of the dead worker is about to end. The answer
-- says where the page ended, and whether anything on it was ever delivered: behind
-- one without, there is nothing that a claim has reached.
WITH page AS MATERIALIZED (
    SELECT m.id, m.rank, m.lease
      FROM eventstreaming_message AS m
     WHERE m.queue = %(queue)s AND m.state = 0
       AND (m.rank, m.id) > (%(rank)s, %(id)s)
     ORDER BY m.queue, m.rank, m.id
     LIMIT %(limit)s
), held AS MATERIALIZED (
    SELECT m.id
      FROM eventstreaming_message AS m
     WHERE m.id = ANY (ARRAY(SELECT id FROM page))
       AND m.worker_id = %(worker_id)s AND m.leased_until > 'epoch'
     ORDER BY m.id
       FOR UPDATE OF m SKIP LOCKED
), released AS (
    UPDATE eventstreaming_message AS m
       SET leased_until = 'epoch',
           deliveries = m.deliveries - CASE
               WHEN m.id = ANY (%(begun)s::bigint[]) IS FALSE THEN 1 ELSE 0 END
     WHERE m.id = ANY (ARRAY(SELECT id FROM held))
    RETURNING m.id, m.lease
)
SELECT (SELECT count(*) FROM page),
       (SELECT max(rank) FROM page),
       (SELECT max(id) FROM page WHERE rank = (SELECT max(rank) FROM page)),
       EXISTS (SELECT FROM page WHERE lease > 0),
       ARRAY (SELECT ARRAY[id, lease] FROM released)
