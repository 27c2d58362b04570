"""Who closes a project with open conditions says why they are left."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0031_keep_who_signed_agreements_for_how_long"),
    ]

    operations = [
        migrations.AddField(
            model_name="finalreport",
            name="conditions_left",
            field=models.TextField(blank=True),
        ),
    ]
