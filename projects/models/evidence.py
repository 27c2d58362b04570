"""What stands behind a result, and what is said about it."""

from __future__ import annotations

import uuid
from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from outcomes.models import (
    VerificationMeans,
)

from ..choices import (
    EvidenceKind,
)
from ..querysets import (
    CommentQuerySet,
    EvidenceQuerySet,
)
from .results import Note, Result


def evidence_path(stored: StoredFile, filename: str) -> str:
    """Where an uploaded file is kept: under a random name, never under the uploader's."""
    return f"evidence/{uuid.uuid4().hex}{PurePath(filename).suffix.lower()[:10]}"


class StoredFile(models.Model):
    """The content of an uploaded file, kept once however often it was uploaded.

    `sha256` tells equal contents; `size` is in bytes. What no evidence refers to is swept away.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=40, blank=True)
    file = models.FileField(upload_to=evidence_path, max_length=200)
    stored_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.sha256[:12]


class Evidence(models.Model):
    """What stands behind a result or a note: a file, a link, a passage of a document.

    What was replaced (`replaced_by`) or taken away (`removed_at`) is kept and shown as such; the
    others are current and stand behind the result. `title` is also the name that a file is
    downloaded under.
    """

    result = models.ForeignKey(
        Result, on_delete=models.CASCADE, null=True, blank=True, related_name="evidence"
    )
    note = models.ForeignKey(
        Note, on_delete=models.CASCADE, null=True, blank=True, related_name="evidence"
    )
    kind = models.CharField(max_length=10, choices=EvidenceKind)
    title = models.CharField(max_length=300)
    url = models.URLField(max_length=500, blank=True)
    stored = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    passage = models.CharField(max_length=100, blank=True)
    means = models.ForeignKey(
        VerificationMeans, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    quote = models.TextField(blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField(default=timezone.now)
    replaced_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="predecessors"
    )
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                condition=Q(result__isnull=False) ^ Q(note__isnull=False),
                name="evidence_of_result_or_note",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_current(self) -> bool:
        """Whether it stands behind its result now."""
        return self.replaced_by_id is None and self.removed_at is None


class Comment(models.Model):
    """What somebody of the office says about a result or a note; it is never changed."""

    result = models.ForeignKey(
        Result, on_delete=models.CASCADE, null=True, blank=True, related_name="comments"
    )
    note = models.ForeignKey(
        Note, on_delete=models.CASCADE, null=True, blank=True, related_name="comments"
    )
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(result__isnull=False) ^ Q(note__isnull=False),
                name="comment_of_result_or_note",
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]
