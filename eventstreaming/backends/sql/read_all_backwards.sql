-- One page of the whole store from its end. The caller took the fence in an earlier statement.
SELECT e.*, s.name
  FROM (SELECT "offset", "position", event_id::text, event_type, data, metadata,
               schema_version, key, correlation_id, causation_id,
              "timestamp"::text,
               stream_id
          FROM eventstreaming_event
         WHERE "position" BETWEEN %(first)s AND %(last)s
           AND (%(event_types)s::text[] IS NULL
                OR event_type = ANY (%(event_types)s::text[]))
         ORDER BY "position" DESC
         LIMIT %(limit)s) AS e
 CROSS JOIN LATERAL (
       SELECT name FROM eventstreaming_stream WHERE id = e.stream_id OFFSET 0) AS s
 ORDER BY e."position" DESC
