"""
Keys of what handlers have done once.

Safe before a deploy: the table is new.
"""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventstreaming", "0021_workers"),
    ]

    operations = [
        migrations.CreateModel(
            name="OnceKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("scope", models.CharField(max_length=255, verbose_name="scope")),
                ("key", models.CharField(max_length=255, verbose_name="key")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="created at",
                    ),
                ),
            ],
            options={
                "verbose_name": "once key",
                "verbose_name_plural": "once keys",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        fields=["created_at"], name="eventstreaming_once_pruning"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("scope", "key"), name="eventstreaming_once_key"
                    )
                ],
            },
        ),
    ]
