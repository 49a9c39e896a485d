"""
A transaction that appends takes its mark in less time, a concurrent append is shorter.

Safe before a deploy: marks are set and read as before, and older code does not call
the new function.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0032_roomier_pages")]

    operations = [
        PostgreSQLScript("0033_mark.sql", reverse="0033_mark_reverse.sql"),
        PostgreSQLScript(
            "0033_append_concurrent.sql", reverse="0033_append_concurrent_reverse.sql"
        ),
    ]
