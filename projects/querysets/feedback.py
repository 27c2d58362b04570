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

    def of_partner(self, partner: Any) -> Self:
        """Those of a partner under all the names that count as it."""
        return self.filter(Q(partner=partner) | Q(partner__merged_into=partner))

    def with_names(self) -> Self:
        """With everything that a list shows, in one query."""
        return self.select_related("partner__merged_into", "project__office", "replied_by")
