-- A stream's head and the times of its first and last event, by two probes.
SELECT s.state, s.kind, s.first_offset, s.next_offset,
       (SELECT "timestamp" FROM eventstreaming_event
         WHERE stream_id = s.id AND "offset" >= s.first_offset
         ORDER BY stream_id, "offset" LIMIT 1),
       (SELECT "timestamp" FROM eventstreaming_event
         WHERE stream_id = s.id AND "offset" >= s.first_offset
         ORDER BY stream_id DESC, "offset" DESC LIMIT 1)
  FROM eventstreaming_stream AS s
 WHERE s.name = %(stream_name)s
