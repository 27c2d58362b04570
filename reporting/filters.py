"""What lists of figures are narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.models import Office
from habitat_tracker.filters import CodeFilter
from outcomes.models import Indicator
from projects.models import Project


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


class AnalysisFilter(filters.FilterSet):
    """What projects are about: of the whole plan, or of an office with all below it."""

    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        label=_("Office"),
        empty_label=_("All offices"),
    )

    class Meta:
        model = Project
        fields: list[str] = []
