-- Which lease a message has, if it lives.
SELECT lease FROM eventstreaming_message WHERE id = %(id)s AND queue = %(queue)s
