-- Which of some event ids are taken.
SELECT event_id FROM eventstreaming_event WHERE event_id = ANY (%(ids)s::uuid[])
