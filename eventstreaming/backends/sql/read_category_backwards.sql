-- One page of a category from its end. The caller took the fence in an earlier
-- statement. The pairs are compared so that only the category's index fits: the
-- planner may walk the primary key through all other categories for `category =`.
SELECT e.*, s.name
  FROM (SELECT "offset", "position", event_id::text, event_type, data, metadata,
               schema_version, key, correlation_id, causation_id,
              "timestamp"::text,
               stream_id
          FROM eventstreaming_event
         WHERE (category, "position") >= (%(category)s, %(first)s)
           AND (category, "position") <= (%(category)s, %(last)s)
           AND (%(event_types)s::text[] IS NULL
                OR event_type = ANY (%(event_types)s::text[]))
         ORDER BY category DESC, "position" DESC
         LIMIT %(limit)s) AS e
 CROSS JOIN LATERAL (
       SELECT name FROM eventstreaming_stream WHERE id = e.stream_id OFFSET 0) AS s
 ORDER BY e."position" DESC
