"""Reads of the register of deliverables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from habitat_tracker.fields import spelled_in_any_language

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User
    from plans.models import StrategicPlan


class DeliverableQuerySet(models.QuerySet[Any]):
    """Reads of the register of deliverables."""

    def visible_to(self, user: User) -> Self:
        """All staff see the whole register, so that nothing is registered twice."""
        return self if user.is_authenticated and user.is_active else self.none()

    def of_plan(self, plan: StrategicPlan) -> Self:
        """Deliverables of a plan's projects."""
        return self.filter(project__plan=plan)

    def counting(self) -> Self:
        """Those that were not cancelled."""
        return self.filter(cancelled_at__isnull=True)

    def search(self, words: str) -> Self:
        """Those whose title, symbol, link or project holds every word."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(title__icontains=word)
                | Q(symbol__icontains=word)
                | Q(link__icontains=word)
                | Q(project__code__iexact=word)
                | spelled_in_any_language("project__title", word)
            )
        return found

    def with_names(self) -> Self:
        """With everything that a list shows, in one query."""
        return self.select_related(
            "project__office", "outcome", "country", "city", "joint_with__project__office"
        )
