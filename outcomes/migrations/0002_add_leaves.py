import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("outcomes", "0001_initial"),
        ("plans", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Leaf",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "plan",
                        "indicator",
                        "basis",
                        "period",
                        "leaf",
                        "cell",
                        "reports",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        db_index=False,
                        db_constraint=False,
                        to="plans.strategicplan",
                    ),
                ),
                (
                    "indicator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        db_index=False,
                        db_constraint=False,
                        to="outcomes.indicator",
                    ),
                ),
                (
                    "basis",
                    models.PositiveSmallIntegerField(choices=[(1, "Official"), (2, "Provisional")]),
                ),
                ("period", models.PositiveSmallIntegerField()),
                ("leaf", models.BigIntegerField()),
                ("cell", models.CharField(default="", max_length=30)),
                ("reports", models.PositiveSmallIntegerField(default=1)),
                ("numerator", models.BigIntegerField(null=True)),
                ("denominator", models.BigIntegerField(null=True)),
                ("highest", models.BigIntegerField(null=True)),
                ("contributors", models.PositiveIntegerField(null=True)),
                ("qualifier", models.PositiveSmallIntegerField(null=True)),
                ("shared", models.BigIntegerField(null=True)),
                ("period_numerator", models.BigIntegerField(null=True)),
                ("period_denominator", models.BigIntegerField(null=True)),
                ("period_highest", models.BigIntegerField(null=True)),
                ("period_contributors", models.PositiveIntegerField(null=True)),
                ("period_qualifier", models.PositiveSmallIntegerField(null=True)),
                ("period_shared", models.BigIntegerField(null=True)),
                ("reported", models.PositiveIntegerField(null=True)),
                ("expected", models.PositiveIntegerField(null=True)),
                ("computed_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "leaves",
            },
        ),
        migrations.RemoveIndex(
            model_name="stalefigure",
            name="stale_oldest",
        ),
        migrations.RemoveField(
            model_name="stalefigure",
            name="country",
        ),
        migrations.RemoveField(
            model_name="stalefigure",
            name="office",
        ),
        migrations.AddField(
            model_name="contributorrevision",
            name="indicator",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                db_index=False,
                to="outcomes.indicator",
            ),
        ),
        migrations.AddField(
            model_name="contributorrevision",
            name="plan",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                db_index=False,
                to="plans.strategicplan",
            ),
        ),
        migrations.AddField(
            model_name="figure",
            name="period_shared",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="stalefigure",
            name="leaf",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="stalefigure",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name="contributorrevision",
            name="leaf",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.expressions.CombinedExpression(
                    django.db.models.expressions.CombinedExpression(
                        models.F("office"), "*", models.Value(1000)
                    ),
                    "+",
                    django.db.models.functions.comparison.Coalesce(models.F("country"), 0),
                ),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddField(
            model_name="measurement",
            name="leaf",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.expressions.CombinedExpression(
                    django.db.models.expressions.CombinedExpression(
                        models.F("office"), "*", models.Value(1000)
                    ),
                    "+",
                    django.db.models.functions.comparison.Coalesce(models.F("country"), 0),
                ),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="contributorrevision",
            index=models.Index(
                condition=models.Q(("superseded_at__isnull", True)),
                fields=["plan", "indicator", "leaf"],
                include=("contributor", "expected_from", "expected_to"),
                name="contributor_revision_of_leaf",
            ),
        ),
        migrations.AddIndex(
            model_name="measurement",
            index=models.Index(
                condition=models.Q(("withdrawn_at__isnull", True)),
                fields=["plan", "indicator", "leaf", "basis", "period", "cell"],
                include=(
                    "contributor",
                    "recorded_on",
                    "state",
                    "numerator",
                    "denominator",
                    "unnamed",
                    "rating",
                    "qualifier",
                ),
                name="measurement_of_leaf",
            ),
        ),
        migrations.AddIndex(
            model_name="measurement",
            index=models.Index(
                condition=models.Q(("cell", ""), ("withdrawn_at__isnull", True)),
                fields=["plan", "indicator", "leaf", "basis", "contributor", "period"],
                include=("state", "recorded_on"),
                name="measurement_total_of_leaf",
            ),
        ),
    ]
