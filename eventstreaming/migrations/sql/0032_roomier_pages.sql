-- A claimed message is longer than it was: it has a worker. Of the messages that fill
-- half a page one in twelve did not fit into the other half, and its claim wrote to all
-- indexes; more where hosts have long names.
ALTER TABLE {schema}.eventstreaming_message SET (fillfactor = 40);
