-- What the promises stand on: version, whether there are tables at all, functions
-- and triggers that are missing, triggers that are disabled, how many positions are
-- drawn at a time, and how times are written as text.
SELECT current_setting('server_version_num')::int,
       to_regclass('eventstreaming_event') IS NOT NULL,
       ARRAY (SELECT name
                FROM unnest(%(functions)s::text[]) AS name
               WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_proc
                                  WHERE proname = name
                                    AND pg_function_is_visible(oid))
              UNION ALL
              SELECT name
                FROM unnest(%(triggers)s::text[]) AS name
               WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger
                                  WHERE tgname = name
                                    AND tgrelid = to_regclass('eventstreaming_event'))),
       ARRAY (SELECT tgname::text
                FROM pg_catalog.pg_trigger
               WHERE tgname = ANY (%(triggers)s::text[]) AND tgenabled <> 'A'
                 AND tgrelid = to_regclass('eventstreaming_event')),
       (SELECT seqcache FROM pg_catalog.pg_sequence
         WHERE seqrelid = to_regclass('eventstreaming_event_position_seq')),
       current_setting('DateStyle')
