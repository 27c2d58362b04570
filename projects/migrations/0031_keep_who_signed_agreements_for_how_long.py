"""Who signed an agreement and how long it holds is dated beside the day of signature.

What it was before today is not known: it is taken to have been as it is.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    agreement = apps.get_model("projects", "Agreement").objects.filter(pk=OuterRef("agreement"))
    apps.get_model("projects", "AgreementRevision").objects.update(
        **{name: Subquery(agreement.values(name)) for name in ("office_id", "start", "end")}
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_let_people_do_without_daily_mail"),
        ("projects", "0030_keep_where_projects_belong"),
    ]

    operations = [
        migrations.AddField(
            model_name="agreementrevision",
            name="office",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.office",
            ),
        ),
        migrations.AddField(
            model_name="agreementrevision",
            name="start",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="agreementrevision",
            name="end",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="agreementrevision",
            name="office",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.office",
            ),
        ),
        migrations.AlterField(
            model_name="agreementrevision",
            name="start",
            field=models.DateField(),
        ),
    ]
