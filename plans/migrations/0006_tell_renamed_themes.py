"""A version of each theme tells whether it was renamed since the plan file named it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0005_name_prongs"),
    ]

    operations = [
        migrations.AddField(
            model_name="theme",
            name="version",
            field=models.PositiveIntegerField(default=1),
        ),
    ]
