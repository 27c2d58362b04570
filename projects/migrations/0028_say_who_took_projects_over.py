"""Projects that were entered without a proposal are marked as taken over, by who entered them."""

from django.db import migrations


def mark(apps, schema_editor):
    Project = apps.get_model("projects", "Project")
    ActivityEntry = apps.get_model("accounts", "ActivityEntry")
    taken_over = Project.objects.filter(kind="project", taken_over_at=None).exclude(
        documents__kind="proposal"
    )
    for project in taken_over.iterator():
        added = (
            ActivityEntry.objects.filter(
                target_type="projects.project", target_id=str(project.pk), verb="added"
            )
            .order_by("pk")
            .first()
        )
        Project.objects.filter(pk=project.pk).update(
            taken_over_at=added.at if added else project.created_at,
            taken_over_by_id=added.actor_id if added else None,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_let_people_do_without_daily_mail"),
        ("projects", "0027_mark_projects_taken_over"),
    ]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
