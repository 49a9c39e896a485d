"""
Messages can be cancelled; the function that claims tells which ones were.

Safe before a deploy: older code calls the function that was there, and hands such
messages out.
"""

from django.db import migrations, models

from eventstreaming.migrations._postgresql import PostgreSQLScript


class Migration(migrations.Migration):
    dependencies = [("eventstreaming", "0019_permissions")]

    operations = [
        migrations.AlterField(
            model_name="deadletter",
            name="reason",
            field=models.CharField(
                choices=[
                    ("rejected", "rejected by the handler"),
                    ("max_attempts", "attempts used up"),
                    ("max_deliveries", "deliveries used up"),
                    ("cancelled", "cancelled"),
                ],
                max_length=32,
                verbose_name="reason",
            ),
        ),
        PostgreSQLScript("0020_claim.sql", reverse="0020_claim_reverse.sql"),
    ]
