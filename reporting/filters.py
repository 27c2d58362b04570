"""What lists of figures are narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters as filters

from habitat_tracker.filters import CodeFilter
from outcomes.models import Indicator


class FigureFilter(filters.FilterSet):
    """The indicators whose figures are listed: one, or those of an outcome or a domain."""

    indicator = CodeFilter("outcomes.Indicator", in_plan=True, method="by_indicator")
    outcome = CodeFilter("outcomes.Outcome", in_plan=True, field_name="outcome")
    domain = CodeFilter("plans.Domain", in_plan=True, field_name="domain")

    class Meta:
        model = Indicator
        fields: list[str] = []

    def by_indicator(self, rows: Any, _name: str, value: Indicator) -> Any:
        """The one indicator."""
        return rows.filter(pk=value.pk)
