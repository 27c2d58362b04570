"""The filters of results."""

from __future__ import annotations

import django_filters as filters

from habitat_tracker.filters import CodeFilter, WithinOfficeFilter
from outcomes.choices import State

from ..choices import (
    Status,
)
from ..models import (
    Result,
)


class ResultFilter(filters.FilterSet):
    """Results by project, indicator, outcome, place, period and where they stand in review."""

    project = CodeFilter("projects.Project", in_plan=True, field_name="line__project")
    indicator = CodeFilter("outcomes.Indicator", in_plan=True, field_name="line__indicator")
    outcome = CodeFilter("outcomes.Outcome", in_plan=True, field_name="line__indicator__outcome")
    office = WithinOfficeFilter(field_name="line__project__office")
    country = CodeFilter("accounts.Country", code="iso3", field_name="line__country")
    period = CodeFilter("plans.ReportingPeriod", code="label", in_plan=True, field_name="period")
    status = filters.MultipleChoiceFilter(choices=Status.choices)
    state = filters.ChoiceFilter(choices=State.choices)
    changed_since = filters.IsoDateTimeFilter(field_name="changed_at", lookup_expr="gte")
    ordering = filters.OrderingFilter(
        fields=[("pk", "id"), ("changed_at", "changed_at"), ("period__number", "period")]
    )

    class Meta:
        model = Result
        fields: list[str] = []
