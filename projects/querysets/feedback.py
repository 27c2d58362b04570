"""Reads of what partners say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.permissions import roles_of

from .projects import within_offices

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User


class PartnerFeedbackQuerySet(models.QuerySet[Any]):
    """Reads of what partners say."""

    def visible_to(self, user: User) -> Self:
        """All staff see what is published; the rest, the project's office and who acts for it.

        Those with any role in the office itself, and reporters and managers of offices above it:
        as the partner is told before it answers. Who only reads or reviews above it does not.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = Q(project__office__path__in=[path for _role, path in roles_of(user)])
        acting = within_offices(user, "project__", Role.REPORTER, Role.MANAGER)
        return self.filter(Q(published_at__isnull=False) | own | acting)

    def of_partner(self, partner: Any) -> Self:
        """Those of a partner under all the names that count as it."""
        return self.filter(Q(partner=partner) | Q(partner__merged_into=partner))

    def with_names(self) -> Self:
        """With everything that a list shows, in one query."""
        return self.select_related("partner__merged_into", "project__office", "replied_by")
