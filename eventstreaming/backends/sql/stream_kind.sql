-- The kind and state of a stream.
SELECT kind, state FROM eventstreaming_stream WHERE name = %(stream_name)s
