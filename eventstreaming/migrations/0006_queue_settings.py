"""
The function that finds the settings of a queue.

Safe before a deploy: nothing calls it yet.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0004_streamconfiguration")]

    operations = [
        PostgreSQLScript(
            "0006_queue_settings.sql", reverse="0006_queue_settings_reverse.sql"
        ),
    ]
