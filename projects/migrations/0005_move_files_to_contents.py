"""Each uploaded file becomes a content that is kept once, known by its hash.

A file that is no longer there keeps its name and size under a hash of the name, so that nothing
of the record is lost.
"""

import hashlib

from django.core.files.storage import default_storage
from django.db import migrations


def hash_of(name):
    digest = hashlib.sha256()
    try:
        with default_storage.open(name) as file:
            for chunk in file.chunks():
                digest.update(chunk)
    except OSError:
        return hashlib.sha256(f"missing {name}".encode()).hexdigest()
    return digest.hexdigest()


def store_contents(apps, schema_editor):
    Evidence = apps.get_model("projects", "Evidence")
    StoredFile = apps.get_model("projects", "StoredFile")
    for evidence in Evidence.objects.exclude(file="").order_by("pk").iterator():
        stored, _made = StoredFile.objects.get_or_create(
            sha256=hash_of(evidence.file.name),
            defaults={
                "size": evidence.size,
                "file": evidence.file.name,
                "stored_at": evidence.added_at,
            },
        )
        Evidence.objects.filter(pk=evidence.pk).update(stored=stored)


def name_files(apps, schema_editor):
    Evidence = apps.get_model("projects", "Evidence")
    for evidence in Evidence.objects.exclude(stored=None).select_related("stored").iterator():
        Evidence.objects.filter(pk=evidence.pk).update(
            file=evidence.stored.file.name, size=evidence.stored.size
        )


class Migration(migrations.Migration):
    dependencies = [("projects", "0004_keep_contents_once_and_predecessors")]

    operations = [migrations.RunPython(store_contents, name_files)]
