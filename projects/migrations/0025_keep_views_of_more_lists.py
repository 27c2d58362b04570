from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0023_say_which_products_are_applied"),
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
