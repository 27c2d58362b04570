"""Reads of the views of registers that people keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User


class SavedViewQuerySet(models.QuerySet[Any]):
    """Reads of saved views."""

    def visible_to(self, user: User) -> Self:
        """Somebody's own."""
        return self.filter(by=user) if user.is_authenticated and user.is_active else self.none()
