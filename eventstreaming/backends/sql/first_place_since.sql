-- The place of the first event that is not older than a time: the position, or in one
-- category or stream (`among`) its position or offset. No index has times, so events are
-- probed by the index on `key`, one descent each round, until 16 places are left to walk.
-- A probe lies where a straight line through the times of both ends says (regula falsi),
-- and a little towards the middle, so that the time is soon between two probes. An end that
-- stays twice counts half, which bends the line where events came unevenly. `reach` is how
-- many places a round may leave, and half of that the next one: by the time that halving
-- would be at its end, this is, too, whatever the times are.
-- A comparison of rows keeps the planner to the index, however common it takes `among` for.
WITH RECURSIVE search (low, high, before, after, side, reach) AS (
    SELECT oldest.place, newest.place, oldest.gap, newest.gap, 0,
           8 * (newest.place - oldest.place)::float8
      FROM (SELECT {place} AS place, extract(epoch FROM timestamp - %(since)s)::float8 AS gap
              FROM eventstreaming_event
             WHERE ({key}) >= ({among} 0) AND {at_most}
             ORDER BY {key} LIMIT 1) AS oldest,
           (SELECT {place} AS place, extract(epoch FROM timestamp - %(since)s)::float8 AS gap
              FROM eventstreaming_event
             WHERE ({key}) <= ({among} 9223372036854775807) AND {at_least}
             ORDER BY {descending} LIMIT 1) AS newest
     WHERE newest.gap >= 0
    UNION ALL
    SELECT CASE WHEN probe.gap < 0 THEN guess.place ELSE low END,
           CASE WHEN probe.gap < 0 THEN high ELSE guess.place END,
           CASE WHEN probe.gap < 0 THEN probe.gap WHEN side > 0 THEN before / 2 ELSE before END,
           CASE WHEN probe.gap >= 0 THEN probe.gap WHEN side < 0 THEN after / 2 ELSE after END,
           CASE WHEN probe.gap < 0 THEN -1 ELSE 1 END,
           reach / 2
      FROM search,
           LATERAL (SELECT low + (high - low) * before / (before - after) AS place,
                           (low + high) / 2.0::float8 AS middle) AS line,
           LATERAL (SELECT CASE WHEN line.place < middle
                                THEN least(line.place + 8, middle)
                                ELSE greatest(line.place - 8, middle) END AS place) AS near,
           LATERAL (SELECT least(greatest(near.place, high - reach, low + 1),
                                 low + reach, high - 1)::bigint AS place) AS guess,
           LATERAL (SELECT extract(epoch FROM timestamp - %(since)s)::float8 AS gap
                      FROM eventstreaming_event
                     WHERE ({key}) >= ({among} guess.place) AND {at_most}
                     ORDER BY {key} LIMIT 1) AS probe
     WHERE before < 0 AND high - low > 16
)
SELECT found.place
  FROM search,
       LATERAL (SELECT {place} AS place
                  FROM eventstreaming_event
                 WHERE ({key}) >= ({among} low) AND {at_most}
                   AND (timestamp >= %(since)s OR {place} >= high)
                 ORDER BY {key} LIMIT 1) AS found
 WHERE before >= 0 OR high - low <= 16
