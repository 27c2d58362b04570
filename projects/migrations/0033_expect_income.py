"""Income is expected year by year, and brought in by prongs of the strategy."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import habitat_tracker.fields


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0005_name_prongs"),
        ("projects", "0032_say_why_conditions_are_left_open"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="prong",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transactions",
                to="plans.theme",
            ),
        ),
        migrations.CreateModel(
            name="ExpectedIncome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("donor", models.CharField(blank=True, max_length=200)),
                ("earmarked", models.BooleanField()),
                ("currency", models.CharField(max_length=3)),
                ("amount", habitat_tracker.fields.FixedPointField()),
                ("usd", habitat_tracker.fields.FixedPointField()),
                ("rate", habitat_tracker.fields.FixedPointField()),
                ("rate_month", models.DateField()),
                (
                    "likelihood",
                    models.CharField(
                        choices=[
                            ("signed", "Signed agreement"),
                            ("pledged", "Pledged"),
                            ("probable", "Probable"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("posted_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="expected_income",
                        to="plans.strategicplan",
                    ),
                ),
                (
                    "posted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "prong",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="expected_income",
                        to="plans.theme",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["plan", "year", "pk"],
                "indexes": [
                    models.Index(fields=["plan", "year", "id"], name="expected_income_of_plan")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="expected_income_above_zero"
                    )
                ],
            },
        ),
    ]
