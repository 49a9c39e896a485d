"""
A mark of a young transaction is not noted, every mark outlives the cursor that set it,
and the shortest appends have no casts.

Safe before a deploy: marks are set and read as before, and older code does not call
the new functions. To replace the trigger waits for the open transactions that have
appended, and for a VACUUM that somebody has begun by hand; appends wait for it
meanwhile.
"""

from django.db import migrations

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0034_shorter_appends")]

    operations = [
        PostgreSQLScript("0035_mark.sql", reverse="0035_mark_reverse.sql"),
        PostgreSQLScript("0035_append_any.sql", reverse="0035_append_any_reverse.sql"),
        PostgreSQLScript(
            "0035_append_concurrent.sql", reverse="0035_append_concurrent_reverse.sql"
        ),
    ]
