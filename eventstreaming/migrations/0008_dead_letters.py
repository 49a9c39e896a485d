"""
How long a queue keeps its dead letters, and who may discard them.

Safe before a deploy: a nullable column, and a permission.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0007_append")]

    operations = [
        migrations.AlterModelOptions(
            name="deadletter",
            options={
                "default_permissions": ("view",),
                "permissions": [
                    ("redrive_deadletter", "Can redrive dead letters"),
                    ("discard_deadletter", "Can discard dead letters"),
                ],
                "verbose_name": "dead letter",
                "verbose_name_plural": "dead letters",
            },
        ),
        migrations.AddField(
            model_name="queue",
            name="dead_letter_retention",
            field=models.FloatField(
                blank=True,
                help_text="Seconds; older ones are deleted by `deadletters prune`.",
                null=True,
                verbose_name="retention of dead letters",
            ),
        ),
    ]
