from django.db import migrations
from django.db.models import OuterRef, Subquery

EVERY_PERIOD = 32_000


def know_plan_and_indicator(apps, schema_editor):
    """Each contributor's revisions get the plan and indicator of the contributor."""
    contributors = apps.get_model("outcomes", "Contributor").objects.filter(
        pk=OuterRef("contributor")
    )
    apps.get_model("outcomes", "ContributorRevision").objects.update(
        plan=Subquery(contributors.values("plan")[:1]),
        indicator=Subquery(contributors.values("indicator")[:1]),
    )


def mark_every_indicator_stale(apps, schema_editor):
    """Figures are stored in another way now: workers compute them all again."""
    stale = apps.get_model("outcomes", "StaleFigure")
    stale.objects.all().delete()
    stale.objects.bulk_create(
        stale(
            plan_id=plan_id,
            indicator_id=pk,
            first_period=1,
            last_period=EVERY_PERIOD,
        )
        for pk, plan_id in apps.get_model("outcomes", "Indicator")
        .objects.order_by("pk")
        .values_list("pk", "plan_id")
    )


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0002_add_leaves")]

    operations = [
        migrations.RunPython(know_plan_and_indicator, migrations.RunPython.noop),
        migrations.RunPython(mark_every_indicator_stale, migrations.RunPython.noop),
    ]
