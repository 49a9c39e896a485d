-- Create a stream unless it is there, of the configured kind unless one is given.
INSERT INTO eventstreaming_stream (name, category, kind)
VALUES (%(stream_name)s, %(category)s,
        coalesce(%(kind)s::smallint,
                 eventstreaming_new_stream_kind_v1(%(stream_name)s)))
ON CONFLICT (name) DO NOTHING
RETURNING id
