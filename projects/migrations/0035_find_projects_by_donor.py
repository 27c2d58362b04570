"""Budget lines and transactions are found by their donor, in any capitals."""

from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("projects", "0034_name_products_of_cities")]

    operations = [
        migrations.AddIndex(
            model_name="budgetline",
            index=models.Index(Upper("donor"), name="budget_line_donor"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(Upper("donor"), name="transaction_donor"),
        ),
    ]
