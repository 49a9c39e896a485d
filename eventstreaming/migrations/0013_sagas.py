"""
Sagas: where each of them stands.

Safe before a deploy: the table is new.
"""

import django.db.models.functions.datetime
from django.db import migrations, models

import eventstreaming.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("eventstreaming", "0012_group_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Saga",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("saga_id", models.CharField(max_length=255, verbose_name="saga id")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("waiting", "waiting"),
                            ("compensating", "compensating"),
                            ("completed", "completed"),
                            ("compensated", "compensated"),
                            ("failed", "failed"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        max_length=100,
                        verbose_name="step",
                    ),
                ),
                (
                    "waiting_for",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        max_length=255,
                        verbose_name="waiting for",
                    ),
                ),
                (
                    "completed",
                    models.JSONField(default=list, verbose_name="completed steps"),
                ),
                (
                    "data",
                    eventstreaming.models.fields.StoredJSONField(
                        blank=True, null=True, verbose_name="data"
                    ),
                ),
                (
                    "results",
                    eventstreaming.models.fields.StoredJSONField(
                        default=dict, verbose_name="results"
                    ),
                ),
                (
                    "signals",
                    eventstreaming.models.fields.StoredJSONField(
                        default=dict, verbose_name="signals"
                    ),
                ),
                (
                    "attempts",
                    models.IntegerField(
                        db_default=0, default=0, verbose_name="failed attempts"
                    ),
                ),
                (
                    "error",
                    models.TextField(
                        blank=True, db_default="", default="", verbose_name="error"
                    ),
                ),
                (
                    "turn",
                    models.BigIntegerField(
                        db_default=0, default=0, verbose_name="turn"
                    ),
                ),
                (
                    "message_id",
                    models.BigIntegerField(
                        blank=True, null=True, verbose_name="next message"
                    ),
                ),
                (
                    "timeout_id",
                    models.BigIntegerField(
                        blank=True, null=True, verbose_name="time-out message"
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="next at"),
                ),
                (
                    "step_deadline",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="step's deadline"
                    ),
                ),
                (
                    "correlation_id",
                    models.CharField(max_length=255, verbose_name="correlation id"),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="started at",
                    ),
                ),
                (
                    "progressed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="last progress",
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
                "verbose_name": "saga",
                "verbose_name_plural": "sagas",
                "permissions": [
                    ("resume_saga", "Can resume sagas"),
                    ("cancel_saga", "Can cancel sagas"),
                ],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        fields=["state", "id"], name="eventstreaming_saga_state"
                    ),
                    models.Index(
                        fields=["name", "id"], name="eventstreaming_saga_name"
                    ),
                    models.Index(
                        fields=["name", "state", "id"], name="eventstreaming_saga_both"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "saga_id"), name="eventstreaming_saga_id"
                    )
                ],
            },
        ),
    ]
