"""Reads of stories of impact and of innovation labs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from ..choices import StoryStatus
from .projects import within_offices

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User


class StoryQuerySet(models.QuerySet[Any]):
    """Reads of stories."""

    def visible_to(self, user: User) -> Self:
        """All staff see what is published; drafts, those with a role in the project's office."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(Q(status=StoryStatus.PUBLISHED) | within_offices(user, "project__"))


class LabQuerySet(models.QuerySet[Any]):
    """Reads of innovation labs."""

    def visible_to(self, user: User) -> Self:
        """All staff see every lab; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()
