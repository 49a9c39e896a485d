"""
Failed tasks are found by an index; the other ones change in no index.

Safe before a deploy: the column has a default.
"""

from django.db import migrations, models

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [
        ("eventstreaming", "0017_parked_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="taskresult",
            name="failed",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="failed"
            ),
        ),
        migrations.AddIndex(
            model_name="taskresult",
            index=models.Index(
                condition=models.Q(("failed", True)),
                fields=["id"],
                name="eventstreaming_task_failed",
            ),
        ),
        PostgreSQLScript(
            "0018_failed_tasks.sql", reverse="0018_failed_tasks_reverse.sql"
        ),
    ]
