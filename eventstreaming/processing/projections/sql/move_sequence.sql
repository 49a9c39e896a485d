-- Let the next number of a column lie behind those that were built.
SELECT setval(
    sequence, GREATEST(pg_sequence_last_value(sequence), (SELECT max({column}) FROM {live}))
)
FROM (SELECT pg_get_serial_sequence({live_text}, {column_text})::regclass AS sequence)
    AS found
WHERE sequence IS NOT NULL
