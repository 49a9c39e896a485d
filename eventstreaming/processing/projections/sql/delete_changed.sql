-- Delete what was not built, or built otherwise; rows that are the same stay.
-- They are compared as text, because some types (json) know no equality.
DELETE FROM {live} AS live
WHERE NOT EXISTS (
    SELECT
    FROM {shadow} AS built
    WHERE ({built_key}) = ({live_key})
    AND ROW({built_columns})::text = ROW({live_columns})::text
)
