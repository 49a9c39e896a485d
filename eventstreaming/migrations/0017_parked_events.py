"""
Parked events: what a subscription has set aside.

Safe before a deploy: the table is new.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import eventstreaming.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("eventstreaming", "0016_consumer_groups"),
    ]

    operations = [
        migrations.AddField(
            model_name="checkpoint",
            name="parked_keys",
            field=models.IntegerField(
                db_default=0, default=0, verbose_name="parked keys"
            ),
        ),
        migrations.CreateModel(
            name="ParkedEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=255, verbose_name="key")),
                ("bucket", models.SmallIntegerField(verbose_name="bucket")),
                ("position", models.BigIntegerField(verbose_name="position")),
                (
                    "stream_name",
                    models.CharField(max_length=255, verbose_name="stream"),
                ),
                ("offset", models.BigIntegerField(verbose_name="offset")),
                ("event_type", models.CharField(max_length=255, verbose_name="type")),
                (
                    "edited_data",
                    eventstreaming.models.fields.StoredJSONField(
                        blank=True, null=True, verbose_name="edited data"
                    ),
                ),
                (
                    "state",
                    models.SmallIntegerField(
                        choices=[
                            (0, "waits behind another"),
                            (1, "to be tried again"),
                            (2, "failed"),
                        ],
                        db_default=0,
                        default=0,
                        verbose_name="state",
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
                    "retry_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="retry at"
                    ),
                ),
                (
                    "parked_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="parked at",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parked_events",
                        to="eventstreaming.subscription",
                        verbose_name="subscription",
                    ),
                ),
            ],
            options={
                "verbose_name": "parked event",
                "verbose_name_plural": "parked events",
                "permissions": [
                    ("replay_parkedevent", "Can have parked events tried again"),
                    ("skip_parkedevent", "Can skip parked events"),
                    ("edit_parkedevent", "Can edit parked events"),
                ],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        fields=["subscription", "key", "position"],
                        name="eventstreaming_parked_key",
                    ),
                    models.Index(
                        fields=["stream_name", "offset"],
                        name="eventstreaming_parked_stream",
                    ),
                    models.Index(
                        condition=models.Q(("state__gt", 0)),
                        fields=["subscription", "bucket"],
                        name="eventstreaming_parked_heads",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subscription", "position"),
                        name="eventstreaming_parked_once",
                    )
                ],
            },
        ),
    ]
