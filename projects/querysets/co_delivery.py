"""Reads of who brought about joint results."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q


class CoDelivererQuerySet(models.QuerySet[Any]):
    """Reads of who brought about joint results; who sees one is asked of its result."""

    def of_partner(self, partner: Any) -> Self:
        """Those of a partner under all the names that count as it (or an `OuterRef`)."""
        return self.filter(Q(partner=partner) | Q(partner__merged_into=partner))
