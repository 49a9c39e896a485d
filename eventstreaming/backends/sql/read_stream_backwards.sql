-- One page of a stream from its end, each row with the stream's bounds, so that the first
-- page needs no statement of its own for them. No fence: offset order is the
-- order of the head's lock. A concurrent stream has no such order: there the
-- caller took the fence in an earlier statement, or gets no events. What lies below
-- the first offset is being removed.
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
          AND (%(event_types)s::text[] IS NULL
               OR event_type = ANY (%(event_types)s::text[]))
        ORDER BY stream_id DESC, "offset" DESC
        LIMIT %(limit)s
       ) AS e ON true
 WHERE s.name = %(stream_name)s
 ORDER BY e."offset" DESC
