"""
Idempotency keys: what a call with one has done the first time.

Safe before a deploy: the table is new.
"""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventstreaming", "0009_queues"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "scope",
                    models.SmallIntegerField(
                        choices=[(0, "stream"), (1, "queue")], verbose_name="scope"
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                ("key", models.CharField(max_length=255, verbose_name="key")),
                ("digest", models.BinaryField(max_length=32, verbose_name="digest")),
                (
                    "count",
                    models.IntegerField(db_default=0, default=0, verbose_name="count"),
                ),
                (
                    "first_offset",
                    models.BigIntegerField(null=True, verbose_name="first offset"),
                ),
                (
                    "last_offset",
                    models.BigIntegerField(null=True, verbose_name="last offset"),
                ),
                (
                    "last_position",
                    models.BigIntegerField(null=True, verbose_name="last position"),
                ),
                ("offsets", models.JSONField(null=True, verbose_name="offsets")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="created at",
                    ),
                ),
            ],
            options={
                "verbose_name": "idempotency key",
                "verbose_name_plural": "idempotency keys",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        fields=["created_at"], name="eventstreaming_idem_pruning"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("scope", "name", "key"),
                        name="eventstreaming_idempotency_key",
                    )
                ],
            },
        ),
    ]
