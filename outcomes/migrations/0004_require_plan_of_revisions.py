import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outcomes", "0003_compute_leaves"),
        ("plans", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="contributorrevision",
            name="indicator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                db_index=False,
                to="outcomes.indicator",
            ),
        ),
        migrations.AlterField(
            model_name="contributorrevision",
            name="plan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                db_index=False,
                to="plans.strategicplan",
            ),
        ),
    ]
