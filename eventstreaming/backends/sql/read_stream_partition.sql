-- One page of a partition of a stream: as read_stream.sql, narrowed to the buckets
-- of a share. The rows of the others lie on the same pages.
SELECT e.*, s.first_offset, s.next_offset, s.state, s.kind
  FROM eventstreaming_stream AS s
  LEFT JOIN LATERAL (
       SELECT "offset", "position", event_id::text, event_type, data, metadata,
              schema_version, key, correlation_id, causation_id,
              "timestamp"::text
         FROM eventstreaming_event
        WHERE stream_id = s.id
          AND (s.kind = 0 OR %(fenced)s)
          AND "offset" BETWEEN greatest(%(first)s, s.first_offset) AND %(last)s
          AND (CASE WHEN %(by_event)s THEN ("position" * 633 & 1023)::smallint
                    ELSE bucket END)
              BETWEEN %(first_bucket)s AND %(last_bucket)s
          AND (%(event_types)s::text[] IS NULL
               OR event_type = ANY (%(event_types)s::text[]))
        ORDER BY stream_id, "offset"
        LIMIT %(limit)s
       ) AS e ON true
 WHERE s.name = %(stream_name)s
 ORDER BY e."offset"
