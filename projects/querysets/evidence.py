"""Reads of evidence and comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    pass


class EvidenceQuerySet(models.QuerySet[Any]):
    """Reads of evidence."""

    def current(self) -> Self:
        """What stands behind its result or note now: neither replaced nor taken away."""
        return self.filter(replaced_by__isnull=True, removed_at__isnull=True)


class CommentQuerySet(models.QuerySet[Any]):
    """Reads of comments; who sees the result or the note sees what was said about it."""

    def about(self, row: models.Model) -> Self:
        """What was said about a result or a note, the first first."""
        return self.filter(**{str(row._meta.model_name): row}).select_related("by")
