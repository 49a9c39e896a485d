-- The heads of streams and the times of their first and last events, by two probes. A
-- concurrent stream has no head: a third one finds its last event.
SELECT s.name, s.state, s.kind, s.first_offset,
       CASE WHEN s.kind = 0 THEN s.next_offset
            ELSE coalesce((SELECT "offset" + 1 FROM eventstreaming_event
                            WHERE stream_id = s.id AND "offset" >= s.first_offset
                            ORDER BY stream_id DESC, "offset" DESC LIMIT 1),
                          s.first_offset) END,
       (SELECT "timestamp" FROM eventstreaming_event
         WHERE stream_id = s.id AND "offset" >= s.first_offset
         ORDER BY stream_id, "offset" LIMIT 1),
       (SELECT "timestamp" FROM eventstreaming_event
         WHERE stream_id = s.id AND "offset" >= s.first_offset
         ORDER BY stream_id DESC, "offset" DESC LIMIT 1)
  FROM eventstreaming_stream AS s
 WHERE s.name = ANY (%(names)s)
