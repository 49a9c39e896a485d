"""
A transaction that is two milliseconds old at most notes no longer that it is marked.

Safe before a deploy: marks are set and read as before. To replace the trigger waits for
the open transactions that have appended, and appends wait for it meanwhile.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0034_shorter_appends")]

    operations = [
        PostgreSQLScript("0035_mark.sql", reverse="0035_mark_reverse.sql"),
    ]
