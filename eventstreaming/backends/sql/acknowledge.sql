-- Remove a message; with a lease, only under that lease.
DELETE FROM eventstreaming_message
 WHERE id = %(id)s AND queue = %(queue)s
   AND (%(lease)s::bigint IS NULL
        OR (lease = %(lease)s AND leased_until > 'epoch'))
RETURNING id
