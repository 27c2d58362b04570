from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Cast, Coalesce

WAYS = {
    "Project": "office__path",
    "ProjectIndicator": "project__office__path",
    "Result": "line__project__office__path",
    "Note": "project__office__path",
}


def place(apps, schema_editor):
    """Earlier acts on projects and what is below them, where the record still stands."""
    entries = apps.get_model("accounts", "ActivityEntry").objects.filter(office_path="")
    for name, way in WAYS.items():
        rows = apps.get_model("projects", name).objects
        path = rows.filter(pk=Cast(OuterRef("target_id"), models.BigIntegerField())).values(way)
        entries.filter(target_type=f"projects.{name.lower()}").update(
            office_path=Coalesce(Subquery(path[:1]), models.Value(""))
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_tell_what_acts_changed"),
        ("projects", "0006_drop_files_of_evidence"),
    ]

    operations = [migrations.RunPython(place, migrations.RunPython.noop)]
