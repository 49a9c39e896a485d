-- What the promises stand on: the version, functions, triggers, sequence cache.
SELECT current_setting('server_version_num')::int,
       ARRAY (SELECT name
                FROM unnest(%(functions)s::text[]) AS name
               WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_proc
                                  WHERE proname = name
                                    AND pg_function_is_visible(oid))),
       ARRAY (SELECT name
                FROM unnest(%(triggers)s::text[]) AS name
               WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger
                                  WHERE tgname = name AND tgenabled = 'A'
                                    AND tgrelid = to_regclass('eventstreaming_event'))),
       coalesce((SELECT seqcache FROM pg_catalog.pg_sequence
                  WHERE seqrelid = to_regclass('eventstreaming_event_position_seq')), 1)
