-- The functions say the same as before, so they stay.
ALTER TABLE {schema}.eventstreaming_message
    ALTER COLUMN group_key TYPE varchar(255);
