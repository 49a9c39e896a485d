"""
A transaction that appends takes its mark with fewer expressions.

Safe before a deploy: marks are set and read as before.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0033_cheaper_appends")]

    operations = [PostgreSQLScript("0034_mark.sql", reverse="0034_mark_reverse.sql")]
