-- The transactions whose marks keep readers below the last drawn position, the
-- lowest first. A mark is brought back to 64 bits as eventstreaming_fence_v1() does; of
-- several marks of a transaction the lowest counts.
-- A prepared transaction has no process; its row says so by an empty pid.
SELECT held.pid, held.mark,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
       coalesce(a.application_name, ''), coalesce(a.usename::text, ''),
       coalesce(a.state, 'prepared'), left(coalesce(a.query, ''), 1000)
  FROM (SELECT l.pid,
               min(drawn.last
                   + (l.objid::bigint - drawn.last)::bit(32)::int) AS mark,
               drawn.last AS last_drawn
          FROM pg_catalog.pg_locks AS l
         CROSS JOIN (SELECT CASE WHEN is_called THEN last_value
                                 ELSE last_value - 1 END AS last
                       FROM eventstreaming_event_position_seq) AS drawn
         WHERE l.locktype = 'advisory'
           AND l.classid = 'eventstreaming_event'::regclass::oid
           AND l.objsubid = 2
           AND l.granted
           AND l.pid IS DISTINCT FROM pg_backend_pid()
           AND l.database = (SELECT oid FROM pg_catalog.pg_database
                              WHERE datname = current_database())
         GROUP BY l.pid, l.virtualtransaction, drawn.last) AS held
  LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = held.pid
 WHERE held.mark < held.last_drawn
 ORDER BY held.mark, a.xact_start
 LIMIT 100
