-- Hold a lease for some time from now.
UPDATE eventstreaming_message
   SET leased_until = statement_timestamp() + %(timeout)s * interval '1 second'
 WHERE id = %(id)s AND queue = %(queue)s
   AND lease = %(lease)s AND leased_until > 'epoch'
RETURNING leased_until::text
