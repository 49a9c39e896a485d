"""
What worker processes say of themselves.

Safe before a deploy: the table is new.
"""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventstreaming", "0020_cancelling"),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkerHeartbeat",
            fields=[
                (
                    "worker_id",
                    models.CharField(
                        max_length=255,
                        primary_key=True,
                        serialize=False,
                        verbose_name="worker",
                    ),
                ),
                ("host", models.CharField(max_length=255, verbose_name="host")),
                ("pid", models.IntegerField(verbose_name="process id")),
                (
                    "supervisor_pid",
                    models.IntegerField(
                        blank=True, null=True, verbose_name="supervisor"
                    ),
                ),
                ("version", models.CharField(max_length=32, verbose_name="version")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("starting", "starting"),
                            ("running", "running"),
                            ("draining", "draining"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("queues", models.JSONField(verbose_name="queues")),
                ("subscriptions", models.JSONField(verbose_name="subscriptions")),
                ("threads", models.IntegerField(verbose_name="threads")),
                ("in_flight", models.IntegerField(verbose_name="in flight")),
                ("done", models.BigIntegerField(verbose_name="messages done")),
                ("failed", models.BigIntegerField(verbose_name="attempts failed")),
                ("handled", models.BigIntegerField(verbose_name="events handled")),
                (
                    "memory",
                    models.BigIntegerField(
                        blank=True, help_text="Bytes.", null=True, verbose_name="memory"
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="started at",
                    ),
                ),
                (
                    "beat_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="last heartbeat",
                    ),
                ),
            ],
            options={
                "verbose_name": "worker",
                "verbose_name_plural": "workers",
                "default_permissions": ("view",),
            },
        ),
    ]
