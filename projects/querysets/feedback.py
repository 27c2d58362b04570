"""Reads of what partners say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from .projects import within_offices

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User


class PartnerFeedbackQuerySet(models.QuerySet[Any]):
    """Reads of what partners say."""

    def visible_to(self, user: User) -> Self:
        """All staff see what is published; the rest, those with a role in the project's office."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(Q(published_at__isnull=False) | within_offices(user, "project__"))
