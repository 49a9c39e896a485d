-- Insert what was built and is not there.
INSERT INTO {live} ({columns}) OVERRIDING SYSTEM VALUE
SELECT {columns}
FROM {shadow} AS built
WHERE NOT EXISTS (
    SELECT FROM {live} AS live WHERE ({live_key}) = ({built_key})
)
