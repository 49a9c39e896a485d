-- Create a stream unless it is there.
INSERT INTO eventstreaming_stream (name, category, kind)
VALUES (%(stream_name)s, %(category)s, %(kind)s)
ON CONFLICT (name) DO NOTHING
RETURNING id
