from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0024_say_who_brought_about_results"),
    ]

    operations = [
        migrations.AlterField(
            model_name="savedview",
            name="register",
            field=models.CharField(
                choices=[
                    ("projects", "Projects"),
                    ("deliverables", "Deliverables"),
                    ("partners", "Partners"),
                    ("risks", "Risks"),
                    ("countries", "Countries"),
                    ("agreements", "Agreements"),
                ],
                max_length=20,
            ),
        ),
    ]
