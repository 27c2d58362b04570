"""Reads of exchange rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from datetime import date

    from habitat_tracker.accounts.models import User


class ExchangeRateQuerySet(models.QuerySet[Any]):
    """Reads of exchange rates."""

    def visible_to(self, user: User) -> Self:
        """All staff see what amounts are converted with; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def of_month(self, day: date) -> Self:
        """The rates of the month that a day lies in."""
        return self.filter(month=day.replace(day=1))
