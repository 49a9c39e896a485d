"""
Settings of streams: how long they are kept, and the kind of new ones.

Safe before a deploy: the table is new.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventstreaming", "0002_postgresql"),
    ]

    operations = [
        migrations.CreateModel(
            name="StreamConfiguration",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("pattern", models.CharField(max_length=256, verbose_name="pattern")),
                (
                    "kind",
                    models.SmallIntegerField(
                        blank=True,
                        choices=[(0, "serial"), (1, "concurrent")],
                        null=True,
                        verbose_name="kind of new streams",
                    ),
                ),
                (
                    "max_age",
                    models.FloatField(
                        blank=True, null=True, verbose_name="maximum age"
                    ),
                ),
                (
                    "max_count",
                    models.BigIntegerField(
                        blank=True, null=True, verbose_name="maximum count"
                    ),
                ),
                (
                    "max_bytes",
                    models.BigIntegerField(
                        blank=True, null=True, verbose_name="maximum size"
                    ),
                ),
                (
                    "keep_forever",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="keep forever"
                    ),
                ),
                (
                    "until_consumed",
                    models.BooleanField(
                        blank=True, null=True, verbose_name="until consumed"
                    ),
                ),
                (
                    "description",
                    models.TextField(
                        blank=True,
                        db_default="",
                        default="",
                        verbose_name="description",
                    ),
                ),
                (
                    "tags",
                    models.JSONField(blank=True, default=list, verbose_name="tags"),
                ),
                (
                    "updated_at",
                    models.DateTimeField(auto_now=True, verbose_name="updated at"),
                ),
            ],
            options={
                "verbose_name": "stream configuration",
                "verbose_name_plural": "stream configurations",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pattern",), name="eventstreaming_streamconfig_pat"
                    )
                ],
            },
        ),
    ]
