"""
An append without an expected version is shorter, and so is the mark it takes.

Safe before a deploy: marks are set and read as before, and older code does not call
the new functions.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0033_cheaper_appends")]

    operations = [
        PostgreSQLScript("0034_mark.sql", reverse="0034_mark_reverse.sql"),
        PostgreSQLScript("0034_append_any.sql", reverse="0034_append_any_reverse.sql"),
        PostgreSQLScript(
            "0034_append_concurrent.sql", reverse="0034_append_concurrent_reverse.sql"
        ),
    ]
