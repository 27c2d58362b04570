"""Reads of what projects receive and spend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime

    from habitat_tracker.accounts.models import User
    from plans.models import StrategicPlan


class TransactionQuerySet(models.QuerySet[Any]):
    """Reads of income and expenditure."""

    def visible_to(self, user: User) -> Self:
        """All staff see what every project receives and spends; nobody else sees any of it."""
        return self if user.is_authenticated and user.is_active else self.none()

    def of_plan(self, plan: StrategicPlan) -> Self:
        """Those of a plan's projects."""
        return self.filter(plan=plan)

    def at(self, moment: datetime | None = None) -> Self:
        """Those that counted at a moment; without one, those that count now."""
        if moment is None:
            return self.filter(withdrawn_at__isnull=True)
        return self.filter(
            Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=moment), posted_at__lte=moment
        )

    def with_names(self) -> Self:
        """With everything that a list shows, in one query."""
        return self.select_related("project__office", "posted_by", "withdrawn_by")


class TransactionFileQuerySet(models.QuerySet[Any]):
    """Reads of files that wait to be confirmed."""

    def visible_to(self, user: User) -> Self:
        """Those that somebody sent themselves, within the time that they are kept."""
        since = timezone.now() - self.model.KEPT_FOR
        return self.filter(by=user, kept_at__gte=since) if user.is_active else self.none()
