"""Views of registers that people keep."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from plans.models import StrategicPlan
from projects.choices import Register
from projects.querysets import SavedViewQuerySet


class SavedView(models.Model):
    """What somebody looked for in a register, kept under a name; nobody else sees it.

    `query` is the filters as they stand in the address of the page (`office=ROAF&status=active`).
    """

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="saved_views")
    register = models.CharField(max_length=20, choices=Register)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000)
    saved_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["register", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["by", "plan", "register", "name"], name="saved_view_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
