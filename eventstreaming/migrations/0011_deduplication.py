"""
Keys of deduplication windows lie beside the idempotency keys.

Safe before a deploy: nothing changes in the database.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0010_idempotency")]

    operations = [
        migrations.AlterField(
            model_name="idempotencykey",
            name="scope",
            field=models.SmallIntegerField(
                choices=[(0, "stream"), (1, "queue"), (2, "deduplication")],
                verbose_name="scope",
            ),
        ),
    ]
