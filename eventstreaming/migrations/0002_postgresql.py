"""
Storage parameters, the fence, the append function and the triggers.

Safe before a deploy: the tables are new.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0001_initial")]

    operations = [
        PostgreSQLScript("0002_storage.sql", reverse="0002_storage_reverse.sql"),
        PostgreSQLScript("0002_fence.sql", reverse="0002_fence_reverse.sql"),
        PostgreSQLScript("0002_immutable.sql", reverse="0002_immutable_reverse.sql"),
        PostgreSQLScript("0002_append.sql", reverse="0002_append_reverse.sql"),
    ]
