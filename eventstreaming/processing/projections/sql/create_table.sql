-- A table like the one that is served, with its indexes and checks. It has no
-- foreign keys: rows that others delete meanwhile must not be held by them.
CREATE TABLE {shadow} (LIKE {live} INCLUDING ALL)
