"""Reads of returned sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User


class ImportRunQuerySet(models.QuerySet[Any]):
    """Reads of returned sheets."""

    def visible_to(self, user: User) -> Self:
        """Those that somebody sent themselves: they hold values that are not submitted."""
        return self.filter(by=user) if user.is_active else self.none()
