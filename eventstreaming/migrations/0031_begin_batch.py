"""
A batch of a subscription to one stream begins with one statement.

Safe before a deploy: older code does not call the function.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0030_append_plain")]

    operations = [
        PostgreSQLScript("0031_begin_batch.sql", reverse="0031_begin_batch_reverse.sql")
    ]
