"""Dated revisions: what decides a figure is never overwritten, so it can be asked as it was.

A revision counts at T when recorded <= T < superseded, by the database's clock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q


def counting_at(moment: datetime | None = None, prefix: str = "") -> Q:
    """Revisions that counted at a moment, or that count now; with a prefix, of related rows."""
    standing = Q(**{f"{prefix}superseded_at__isnull": True})
    if moment is None:
        return standing
    later = Q(**{f"{prefix}superseded_at__gt": moment})
    return (standing | later) & Q(**{f"{prefix}recorded_at__lte": moment})


class RevisionQuerySet(models.QuerySet[Any]):
    """Reads of revisioned rows."""

    def at(self, moment: datetime | None = None) -> Self:
        """Those that counted at a moment; without one, those that count now."""
        return self.filter(counting_at(moment))


class Revision(models.Model):
    """Base of rows that are superseded, never edited."""

    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.TextField(blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        abstract = True
