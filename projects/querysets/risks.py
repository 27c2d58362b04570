"""Reads of the register of risks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from datetime import date

    from habitat_tracker.accounts.models import User


class RiskQuerySet(models.QuerySet[Any]):
    """Reads of risks."""

    def visible_to(self, user: User) -> Self:
        """All staff see every risk; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def open(self) -> Self:
        """Those that may still happen."""
        return self.filter(closed_at__isnull=True)

    def overdue(self, today: date) -> Self:
        """Open ones that should have been looked at again."""
        return self.open().filter(review_by__lt=today)
