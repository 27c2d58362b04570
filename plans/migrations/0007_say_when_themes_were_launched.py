from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0006_tell_renamed_themes"),
    ]

    operations = [
        migrations.AddField(
            model_name="theme",
            name="launched",
            field=models.CharField(blank=True, max_length=10),
        ),
    ]
