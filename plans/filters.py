"""What lists of plans, reporting periods and themes are narrowed by."""

from __future__ import annotations

import django_filters as filters
from django.utils.translation import gettext_lazy as _

from habitat_tracker.filters import SearchFilter, YesNoFilter

from .choices import PeriodKind, ThemeKind
from .models import ReportingPeriod, StrategicPlan, Theme


class PlanFilter(filters.FilterSet):
    """Plans, real or demonstration."""

    is_demonstration = YesNoFilter(field_name="is_demonstration")

    class Meta:
        model = StrategicPlan
        fields: list[str] = []


class PeriodFilter(filters.FilterSet):
    """Periods by kind, closed or not, and by date."""

    kind = filters.ChoiceFilter(choices=PeriodKind.choices)
    closed = YesNoFilter(field_name="closed_at", lookup_expr="isnull", exclude=True)
    begun_by = filters.DateFilter(field_name="start", lookup_expr="lte")
    ordering = filters.OrderingFilter(fields=[("number", "number")])

    class Meta:
        model = ReportingPeriod
        fields: list[str] = []


class ThemeFilter(filters.FilterSet):
    """Themes by kind and by words."""

    kind = filters.ChoiceFilter(
        choices=ThemeKind.choices, label=_("Kind"), empty_label=_("All kinds")
    )
    q = SearchFilter(codes=("code",), texts=("name", "text"), label=_("Words"))

    class Meta:
        model = Theme
        fields: list[str] = []
