"""Reads of the core budget and of outcomes that are put off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from habitat_tracker.revisions import RevisionQuerySet

if TYPE_CHECKING:
    from datetime import datetime

    from habitat_tracker.accounts.models import User
    from plans.models import StrategicPlan


class CoreBudgetQuerySet(RevisionQuerySet):
    """Reads of the core budget."""

    def visible_to(self, user: User) -> Self:
        """All staff see it; nobody else sees any of it."""
        return self if user.is_authenticated and user.is_active else self.none()


class DeferralQuerySet(RevisionQuerySet):
    """Reads of outcomes that are put off."""

    def visible_to(self, user: User) -> Self:
        """All staff see what is put off and why; nobody else sees any of it."""
        return self if user.is_authenticated and user.is_active else self.none()

    def of_plan(self, plan: StrategicPlan) -> Self:
        """Those of a plan's outcomes, in the order of the plan."""
        rows = self.filter(outcome__plan=plan).select_related("outcome__domain", "recorded_by")
        return rows.order_by("outcome__position", "outcome__code", "pk")

    def with_what_followed(self) -> Self:
        """With whether another deferral of the outcome took the place of each."""
        from ..models import Deferral

        later = Deferral.objects.filter(
            outcome=OuterRef("outcome"), recorded_at=OuterRef("superseded_at")
        )
        return self.select_related("outcome", "recorded_by", "superseded_by").annotate(
            is_replaced=Exists(later)
        )


class ExpectedIncomeQuerySet(models.QuerySet[Any]):
    """Reads of income that is expected."""

    def visible_to(self, user: User) -> Self:
        """All staff see what is expected; nobody else sees any of it."""
        return self if user.is_authenticated and user.is_active else self.none()

    def at(self, moment: datetime | None = None) -> Self:
        """What counted at a moment; without one, what counts now."""
        if moment is None:
            return self.filter(withdrawn_at__isnull=True)
        return self.filter(
            Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=moment), posted_at__lte=moment
        )

    def with_names(self) -> Self:
        """With everything that a list shows, in one query."""
        return self.select_related("prong", "posted_by", "withdrawn_by")
