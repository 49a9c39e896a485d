"""
The results of tasks.

Safe before a deploy: the table is new.
"""

import django.db.models.functions.datetime
from django.db import migrations, models

import eventstreaming.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("eventstreaming", "0014_schedules"),
    ]

    operations = [
        migrations.CreateModel(
            name="TaskResult",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("queue", models.CharField(max_length=255, verbose_name="queue")),
                ("task", models.CharField(max_length=255, verbose_name="task")),
                (
                    "rank",
                    models.SmallIntegerField(
                        db_default=0, default=0, verbose_name="rank"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("READY", "ready"),
                            ("RUNNING", "running"),
                            ("FAILED", "failed"),
                            ("SUCCESSFUL", "successful"),
                        ],
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "data",
                    eventstreaming.models.fields.LiteralJSONField(verbose_name="data"),
                ),
                (
                    "return_value",
                    eventstreaming.models.fields.LiteralJSONField(
                        blank=True, null=True, verbose_name="return value"
                    ),
                ),
                (
                    "errors",
                    eventstreaming.models.fields.LiteralJSONField(
                        blank=True, null=True, verbose_name="errors"
                    ),
                ),
                (
                    "worker_ids",
                    eventstreaming.models.fields.LiteralJSONField(
                        verbose_name="workers"
                    ),
                ),
                ("lease", models.BigIntegerField(verbose_name="lease")),
                (
                    "correlation_id",
                    models.CharField(
                        blank=True,
                        max_length=255,
                        null=True,
                        verbose_name="correlation id",
                    ),
                ),
                ("enqueued_at", models.DateTimeField(verbose_name="enqueued at")),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="started at",
                    ),
                ),
                (
                    "last_attempted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="last attempted at",
                    ),
                ),
                (
                    "finished_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="finished at"
                    ),
                ),
            ],
            options={
                "verbose_name": "task result",
                "verbose_name_plural": "task results",
                "permissions": [("retry_taskresult", "Can retry tasks")],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        fields=["queue", "id"], name="eventstreaming_task_queue"
                    ),
                    models.Index(
                        fields=["task", "id"], name="eventstreaming_task_name"
                    ),
                ],
            },
        ),
    ]
