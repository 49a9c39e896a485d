"""
Schedules: messages that are enqueued at their times.

Safe before a deploy: the table is new.
"""

import django.db.models.functions.datetime
from django.db import migrations, models

import eventstreaming.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("eventstreaming", "0013_sagas"),
    ]

    operations = [
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                (
                    "declared",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="declared in code"
                    ),
                ),
                (
                    "cron",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Minute, hour, day, month, day of the week: 30 2 * * MON-FRI",
                        max_length=255,
                        verbose_name="cron expression",
                    ),
                ),
                (
                    "every",
                    models.IntegerField(
                        blank=True,
                        help_text="Seconds, instead of a cron expression.",
                        null=True,
                        verbose_name="every",
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        db_default="UTC",
                        default="UTC",
                        max_length=64,
                        verbose_name="time zone",
                    ),
                ),
                ("queue", models.CharField(max_length=255, verbose_name="queue")),
                (
                    "message_type",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        max_length=255,
                        verbose_name="message type",
                    ),
                ),
                (
                    "schema_version",
                    models.SmallIntegerField(
                        db_default=1, default=1, verbose_name="version"
                    ),
                ),
                (
                    "data",
                    eventstreaming.models.fields.LiteralJSONField(
                        blank=True, default=dict, verbose_name="data"
                    ),
                ),
                (
                    "priority",
                    models.SmallIntegerField(
                        db_default=0, default=0, verbose_name="priority"
                    ),
                ),
                (
                    "catch_up",
                    models.SmallIntegerField(
                        db_default=1,
                        default=1,
                        help_text="How many missed runs are made up for, the newest ones; 0 for none.",
                        verbose_name="catch up",
                    ),
                ),
                (
                    "jitter",
                    models.FloatField(
                        db_default=0.0,
                        default=0.0,
                        help_text="Each message is delayed by a random part of so many seconds.",
                        verbose_name="jitter",
                    ),
                ),
                (
                    "overlap",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="Enqueue even while the last message is not done.",
                        verbose_name="overlap",
                    ),
                ),
                (
                    "paused_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="paused at"
                    ),
                ),
                (
                    "removed_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="removed at"
                    ),
                ),
                (
                    "next_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="next run"
                    ),
                ),
                (
                    "last_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="last run"
                    ),
                ),
                (
                    "runs",
                    models.BigIntegerField(
                        db_default=0, default=0, verbose_name="runs"
                    ),
                ),
                (
                    "error",
                    models.TextField(
                        blank=True, db_default="", default="", verbose_name="error"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="created at",
                    ),
                ),
            ],
            options={
                "verbose_name": "schedule",
                "verbose_name_plural": "schedules",
                "permissions": [
                    ("run_schedule", "Can run schedules at once"),
                    ("pause_schedule", "Can pause and resume schedules"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at", "id"],
                        name="eventstreaming_schedule_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name",), name="eventstreaming_schedule_name"
                    )
                ],
            },
        ),
    ]
