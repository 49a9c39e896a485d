-- Make the first waiting message of a group ready, if nothing holds it.
SELECT eventstreaming_wake_group_v1(%(queue)s, %(group_key)s)
