"""The filters of results."""

from __future__ import annotations

from typing import Any

import django_filters as filters

from habitat_tracker.accounts.filters import InCountryFilter
from habitat_tracker.filters import CodeFilter, YesNoFilter
from outcomes.choices import State

from ..choices import (
    Status,
)
from ..models import Partner, Result
from .common import OfficeOfPlanFilter
from .partners import partners_of_the_plan


class ResultFilter(filters.FilterSet):
    """Results by project, indicator, outcome, place, period and where they stand in review.

    `joint` asks for those brought about with partners (or not), `partner` for those with one of
    them, under all its names.
    """

    project = CodeFilter("projects.Project", in_plan=True, field_name="line__project")
    indicator = CodeFilter("outcomes.Indicator", in_plan=True, field_name="line__indicator")
    outcome = CodeFilter("outcomes.Outcome", in_plan=True, field_name="line__indicator__outcome")
    office = OfficeOfPlanFilter(field_name="line__project__office")
    country = InCountryFilter(field_name="line__country")
    period = CodeFilter("plans.ReportingPeriod", code="label", in_plan=True, field_name="period")
    status = filters.MultipleChoiceFilter(choices=Status.choices)
    state = filters.ChoiceFilter(choices=State.choices)
    joint = YesNoFilter(method="by_co_delivery")
    partner = filters.ModelChoiceFilter(queryset=partners_of_the_plan, method="by_partner")
    changed_since = filters.IsoDateTimeFilter(field_name="changed_at", lookup_expr="gte")
    ordering = filters.OrderingFilter(
        fields=[("pk", "id"), ("changed_at", "changed_at"), ("period__number", "period")]
    )

    class Meta:
        model = Result
        fields: list[str] = []

    def by_co_delivery(self, rows: Any, _name: str, value: str) -> Any:
        """Joint results, or the others."""
        return rows.joint(is_joint=value == "true")

    def by_partner(self, rows: Any, _name: str, value: Partner) -> Any:
        """Results brought about with a partner."""
        return rows.joint(value.merged_into or value)
