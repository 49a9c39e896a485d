"""
A plain event of a concurrent stream is appended without the longer function.

Safe before a deploy: older code goes on to call the function that was there.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0029_plain_calls")]

    operations = [
        PostgreSQLScript(
            "0030_append_plain.sql", reverse="0030_append_plain_reverse.sql"
        )
    ]
