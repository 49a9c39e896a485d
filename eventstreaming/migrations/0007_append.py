"""
Appending to concurrent streams, one event at less cost, and many by COPY.

Safe before a deploy: processes of the release before use what was there.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0006_queue_settings")]

    operations = [
        PostgreSQLScript("0007_heads.sql", reverse="0007_heads_reverse.sql"),
        PostgreSQLScript("0007_append.sql", reverse="0007_append_reverse.sql"),
    ]
