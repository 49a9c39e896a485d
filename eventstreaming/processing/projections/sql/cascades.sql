-- The tables whose rows the database itself changes when these are deleted.
SELECT conrelid::regclass::text
FROM pg_constraint
WHERE contype = 'f'
AND confrelid = ANY (%(tables)s::regclass[])
AND confdeltype IN ('c', 'n', 'd')
ORDER BY 1
