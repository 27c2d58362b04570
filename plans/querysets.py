"""Reads of plans, periods and themes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from .choices import ALIGNED_THEMES, FRAMEWORKS

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User


class PlanQuerySet(models.QuerySet[Any]):
    """Reads of plans."""

    def visible_to(self, user: User) -> Self:
        """All staff see every plan; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def default(self) -> Any | None:
        """The plan that pages and commands open on: the newest real one, else a demonstration."""
        return self.order_by("is_demonstration", "-code").exclude(revisions=None).first()


class DomainQuerySet(models.QuerySet[Any]):
    """Reads of domains of change."""

    def visible_to(self, user: User) -> Self:
        """All staff see every domain; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()


class ReportingPeriodQuerySet(models.QuerySet[Any]):
    """Reads of reporting periods."""

    def visible_to(self, user: User) -> Self:
        """All staff see every period; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def begun(self, today: date) -> Self:
        """Periods whose first day has come."""
        return self.filter(start__lte=today)

    def open(self, today: date) -> Self:
        """Periods that results can be entered for: begun and not closed."""
        return self.begun(today).filter(closed_at__isnull=True)


class ThemeQuerySet(models.QuerySet[Any]):
    """Reads of themes."""

    def visible_to(self, user: User) -> Self:
        """All staff see every theme; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def aligned(self) -> Self:
        """Frameworks and their targets: what work is aligned with."""
        return self.filter(kind__in=ALIGNED_THEMES)

    def frameworks(self) -> Self:
        """Frameworks themselves, without their targets."""
        return self.filter(kind__in=FRAMEWORKS, part_of__isnull=True)

    def within(self, framework: Any) -> Self:
        """A framework with its targets; of a target, the target alone."""
        return self.aligned().filter(Q(pk=framework.pk) | Q(part_of=framework.pk))

    def by_kind(self) -> dict[str, list[Any]]:
        """The plan's themes under their kinds, in the plan's order."""
        grouped: dict[str, list[Any]] = {}
        for theme in self:
            grouped.setdefault(theme.kind, []).append(theme)
        return grouped
