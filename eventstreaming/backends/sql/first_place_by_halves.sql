-- What first_place_since finds, for databases without LATERAL: by a binary search. Each
-- round looks at one event by the index on `place`: the position, or with the condition
-- `among` the offset of a stream or the position in a category.
WITH RECURSIVE search (low, high) AS (
    SELECT min({place}), max({place}) + 1
    FROM eventstreaming_event
    WHERE {among}
    UNION ALL
    SELECT
        CASE WHEN probe.timestamp < %(since)s THEN probe.{place} + 1 ELSE low END,
        CASE WHEN probe.timestamp < %(since)s THEN high ELSE (low + high) / 2 END
    FROM search
    LEFT JOIN eventstreaming_event AS probe
        ON probe.position = (
            SELECT position
            FROM eventstreaming_event
            WHERE {among} AND {place} >= (low + high) / 2 AND {place} < high
            ORDER BY {place}
            LIMIT 1
        )
    WHERE low < high
)
SELECT (
    SELECT {place}
    FROM eventstreaming_event
    WHERE {among} AND {place} >= search.low
    ORDER BY {place}
    LIMIT 1
)
FROM search
WHERE low >= high
