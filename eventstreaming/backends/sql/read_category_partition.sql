-- One page of a partition of a category: as read_category.sql, narrowed to the
-- buckets of a share. The index has the bucket, so the rows of the others are not looked at.
SELECT e.*, s.name
  FROM (SELECT "offset", "position", event_id::text, event_type, data, metadata,
               schema_version, key, correlation_id, causation_id,
              "timestamp"::text,
               stream_id
          FROM eventstreaming_event
         WHERE (category, "position") >= (%(category)s, %(first)s)
           AND (category, "position") <= (%(category)s, %(last)s)
           AND (CASE WHEN %(by_event)s THEN ("position" * 633 & 1023)::smallint
                     ELSE bucket END)
               BETWEEN %(first_bucket)s AND %(last_bucket)s
           AND (%(event_types)s::text[] IS NULL
                OR event_type = ANY (%(event_types)s::text[]))
         ORDER BY category, "position"
         LIMIT %(limit)s) AS e
 CROSS JOIN LATERAL (
       SELECT name FROM eventstreaming_stream WHERE id = e.stream_id OFFSET 0) AS s
 ORDER BY e."position"
