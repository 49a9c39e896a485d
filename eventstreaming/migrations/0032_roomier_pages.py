"""
Pages of messages are filled to two fifths, so that claims stay on them.

Safe before a deploy, and short: pages that are there are left as they are.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0031_begin_batch")]

    operations = [
        PostgreSQLScript(
            "0032_roomier_pages.sql", reverse="0032_roomier_pages_reverse.sql"
        )
    ]
