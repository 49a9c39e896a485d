"""
Groups and their policy; the functions that enqueue, claim and acknowledge.

Safe before a deploy: older code uses neither the column nor the functions.
"""

from django.db import migrations, models

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0008_dead_letters")]

    operations = [
        migrations.AddField(
            model_name="queue",
            name="group_policy",
            field=models.CharField(
                blank=True,
                choices=[("block", "block"), ("skip", "skip")],
                db_default="",
                default="",
                help_text=(
                    "What a delayed or failing message of a group does to the next "
                    "ones: they wait (block), or they go on (skip)."
                ),
                max_length=8,
                verbose_name="group policy",
            ),
        ),
        migrations.RemoveIndex(
            model_name="message", name="eventstreaming_message_group"
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("group_key__isnull", False)),
                fields=["queue", "group_key", "state", "id"],
                name="eventstreaming_message_groups",
            ),
        ),
        PostgreSQLScript("0009_groups.sql", reverse="0009_groups_reverse.sql"),
        PostgreSQLScript("0009_enqueue.sql", reverse="0009_enqueue_reverse.sql"),
        PostgreSQLScript("0009_claim.sql", reverse="0009_claim_reverse.sql"),
        PostgreSQLScript(
            "0009_acknowledge.sql", reverse="0009_acknowledge_reverse.sql"
        ),
    ]
