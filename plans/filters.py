"""What lists of reporting periods are narrowed by."""

from __future__ import annotations

import django_filters as filters

from habitat_tracker.filters import YesNoFilter

from .choices import PeriodKind
from .models import ReportingPeriod, StrategicPlan


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
