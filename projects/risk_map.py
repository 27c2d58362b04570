"""The heat map of risks: how many open ones there are of each likelihood and impact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from .choices import RiskLevel

RATINGS = range(1, 6)


@dataclass(frozen=True)
class HeatCell:
    """How many open risks have this likelihood and impact, and how grave such ones are."""

    likelihood: int
    impact: int
    count: int

    @property
    def level(self) -> RiskLevel:
        """How grave a risk of this cell is."""
        return RiskLevel.of(self.likelihood * self.impact)


def heat_map(risks: Any) -> list[tuple[int, list[HeatCell]]]:
    """Rows from the likeliest to the least, each from the smallest to the greatest impact.

    Open risks only; one query.
    """
    counted = {
        (row["likelihood"], row["impact"]): row["number"]
        for row in risks.open()
        .order_by()
        .values("likelihood", "impact")
        .annotate(number=Count("pk"))
    }
    return [
        (at, [HeatCell(at, impact, counted.get((at, impact), 0)) for impact in RATINGS])
        for at in reversed(RATINGS)
    ]
