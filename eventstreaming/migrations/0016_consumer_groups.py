"""
Subscriptions with several partitions, and the index that serves one of them.

Safe before a deploy. The index takes the place of that of categories; building it
holds writers to the table for as long.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventstreaming", "0015_task_results"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="event",
            name="eventstreaming_event_category",
        ),
        migrations.AddField(
            model_name="checkpoint",
            name="barrier",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="barrier"),
        ),
        migrations.AddField(
            model_name="checkpoint",
            name="looked_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="last sign of life"
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="partition_by",
            field=models.CharField(
                choices=[("key", "key or stream"), ("event", "event")],
                db_default="key",
                default="key",
                max_length=16,
                verbose_name="partition by",
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="wanted_partitions",
            field=models.SmallIntegerField(
                blank=True, null=True, verbose_name="wanted partitions"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["category", "position", "bucket"],
                name="eventstreaming_event_partition",
            ),
        ),
    ]
