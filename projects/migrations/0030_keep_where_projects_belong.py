"""Where projects belong and stand is dated; what it was before today is not known.

So every project is taken to have belonged and stood since it was created as it does today.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

BATCH = 2_000


def fill(apps, schema_editor):
    Alignment = apps.get_model("projects", "Alignment")
    ProjectRevision = apps.get_model("projects", "ProjectRevision")
    columns = ("pk", "office", "flagship", "status", "created_at")
    projects = apps.get_model("projects", "Project").objects.order_by("pk")
    rows = projects.values_list(*columns)
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        primary = dict(
            Alignment.objects.filter(
                project__gte=batch[0][0], project__lte=batch[-1][0], rank="primary"
            ).values_list("project", "outcome")
        )
        ProjectRevision.objects.bulk_create(
            ProjectRevision(
                project_id=project,
                office_id=office,
                flagship_id=flagship,
                outcome_id=primary.get(project),
                status=status,
                recorded_at=created_at,
            )
            for project, office, flagship, status, created_at in batch
        )
        last = batch[-1][0]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_let_people_do_without_daily_mail"),
        ("outcomes", "0018_keep_country_records"),
        ("plans", "0004_align_with_frameworks"),
        ("projects", "0029_withdraw_requests_for_feedback"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProjectRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                ("superseded_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pipeline", "In preparation"),
                            ("appraisal", "In appraisal"),
                            ("approved", "Approved, not begun"),
                            ("active", "Under way"),
                            ("suspended", "Suspended"),
                            ("closed", "Closed"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "flagship",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="plans.theme",
                    ),
                ),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.office",
                    ),
                ),
                (
                    "outcome",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="outcomes.outcome",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="revisions",
                        to="projects.project",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "superseded_by",
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
                "ordering": ["project", "recorded_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at__isnull", True)),
                        fields=("project",),
                        name="project_revision_one_current",
                    )
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
