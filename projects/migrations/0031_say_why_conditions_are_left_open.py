"""Who closes a project with open conditions says why they are left."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0029_withdraw_requests_for_feedback"),
    ]

    operations = [
        migrations.AddField(
            model_name="finalreport",
            name="conditions_left",
            field=models.TextField(blank=True),
        ),
    ]
