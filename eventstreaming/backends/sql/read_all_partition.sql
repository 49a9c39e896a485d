-- One page of a partition of the whole store: as read_all.sql, narrowed to the
-- buckets of a share. The rows of the others lie on the same pages.
SELECT e.*, s.name
  FROM (SELECT "offset", "position", event_id::text, event_type, data, metadata,
               schema_version, key, correlation_id, causation_id,
              "timestamp"::text,
               stream_id
          FROM eventstreaming_event
         WHERE "position" BETWEEN %(first)s AND %(last)s
           AND (CASE WHEN %(by_event)s THEN ("position" * 633 & 1023)::smallint
                     ELSE bucket END)
               BETWEEN %(first_bucket)s AND %(last_bucket)s
           AND (%(event_types)s::text[] IS NULL
                OR event_type = ANY (%(event_types)s::text[]))
         ORDER BY "position"
         LIMIT %(limit)s) AS e
 CROSS JOIN LATERAL (
       SELECT name FROM eventstreaming_stream WHERE id = e.stream_id OFFSET 0) AS s
 ORDER BY e."position"
