"""Notes of themes said in English when they were launched; a field of its own says it now."""

import re

from django.db import migrations

SAID = re.compile(r"^Launched (\d{4}(?:-\d\d){0,2})\.\s*")


def take_out_of_notes(apps, schema_editor):
    Theme = apps.get_model("plans", "Theme")
    for theme in Theme.objects.filter(note__startswith="Launched "):
        if said := SAID.match(theme.note):
            theme.launched, theme.note = said[1], theme.note[said.end() :]
            theme.save(update_fields=["launched", "note"])


def put_into_notes(apps, schema_editor):
    Theme = apps.get_model("plans", "Theme")
    for theme in Theme.objects.exclude(launched=""):
        theme.note = f"Launched {theme.launched}. {theme.note}".strip()
        theme.save(update_fields=["note"])


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0007_say_when_themes_were_launched"),
    ]

    operations = [
        migrations.RunPython(take_out_of_notes, put_into_notes),
    ]
