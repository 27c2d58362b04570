"""Takes away uploaded files that nothing refers to any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from projects.models import Evidence, StoredFile

logger = structlog.get_logger(__name__)

FOLDER = "evidence"
# What is younger may belong to an upload that has not ended.
REST = timedelta(hours=24)
BATCH = 500


@dataclass
class Swept:
    """How many stored contents without evidence, and files without a row, went (or would go)."""

    contents: int = 0
    files: int = 0


def sweep_evidence(*, dry_run: bool = False, now: datetime | None = None) -> Swept:
    """Delete contents that no evidence refers to, and files that no content refers to.

    Only what has rested for a day. Killed anywhere and run again, the end is the same.
    """
    before = (now or timezone.now()) - REST
    swept = Swept()
    unused = StoredFile.objects.filter(
        ~Exists(Evidence.objects.filter(stored=OuterRef("pk"))), stored_at__lt=before
    ).order_by("pk")
    for stored in unused.iterator(chunk_size=BATCH):
        swept.contents += dry_run or _let_go(stored.pk)
    for name in old_files(FOLDER, before):
        if StoredFile.objects.filter(file=name).exists():
            continue
        swept.files += 1
        if not dry_run:
            default_storage.delete(name)
    logger.info("evidence_swept", contents=swept.contents, files=swept.files, dry_run=dry_run)
    return swept


def let_go(contents: Iterable[StoredFile]) -> int:
    """Delete these contents at once where no evidence refers to them; how many went."""
    return sum(_let_go(stored.pk) for stored in contents)


@transaction.atomic
def _let_go(pk: int) -> bool:
    """Delete one content, unless evidence refers to it now; its file goes after the row."""
    stored = StoredFile.objects.select_for_update().filter(pk=pk).first()
    if stored is None or stored.evidence.exists():
        return False
    name = str(stored.file.name)
    stored.delete()
    transaction.on_commit(lambda: default_storage.delete(name))
    return True


def old_files(folder: str, before: datetime) -> Iterator[str]:
    """Names of the files of a folder that have rested long enough."""
    try:
        _folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        path = f"{folder}/{name}"
        try:
            if name and default_storage.get_modified_time(path) < before:
                yield path
        except FileNotFoundError:
            continue
