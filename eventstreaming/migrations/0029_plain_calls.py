"""
Functions with few parameters for what is done most: one plain event, one message.

Safe before a deploy: older code goes on to call the functions that were there.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0028_queue_timeout")]

    operations = [
        PostgreSQLScript(f"0029_{name}.sql", reverse=f"0029_{name}_reverse.sql")
        for name in ("append_plain", "enqueue_plain", "read_stream", "claim")
    ]
