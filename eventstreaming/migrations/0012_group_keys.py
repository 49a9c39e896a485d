"""
Group keys are compared byte by byte, so that their index serves every claim.

Safe before a deploy; the index of groups is built anew, which holds writers to
the table for as long.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0011_deduplication")]

    operations = [
        PostgreSQLScript("0012_group_keys.sql", reverse="0012_group_keys_reverse.sql"),
    ]
