"""What lists of outcomes and indicators are narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef

from habitat_tracker.filters import (
    CodeFilter,
    SearchFilter,
    WithinOfficeFilter,
    YesNoFilter,
    plan_code,
)
from plans.models import Theme

from .choices import Kind, Origin, Owner
from .models import Indicator, IndicatorFramework, Outcome, RegionalStrategy, StrategyPriority


class OutcomeFilter(filters.FilterSet):
    """Outcomes by domain."""

    domain = CodeFilter("plans.Domain", in_plan=True, field_name="domain")
    q = SearchFilter(codes=("code",), texts=("title", "short_title"))
    ordering = filters.OrderingFilter(fields=[("position", "position"), ("code", "code")])

    class Meta:
        model = Outcome
        fields: list[str] = []


def _aligned(request: Any) -> Any:
    """Frameworks and targets of the plan that the address names."""
    return Theme.objects.filter(plan__code=plan_code(request)).aligned()


class IndicatorFilter(filters.FilterSet):
    """Indicators by what they measure and how."""

    outcome = CodeFilter("outcomes.Outcome", in_plan=True, field_name="outcome")
    domain = CodeFilter("plans.Domain", in_plan=True, field_name="domain")
    owner = filters.ChoiceFilter(choices=Owner.choices)
    kind = filters.ChoiceFilter(choices=Kind.choices)
    origin = filters.ChoiceFilter(choices=Origin.choices)
    framework = filters.ModelChoiceFilter(
        queryset=_aligned, to_field_name="code", method="by_framework"
    )
    target = filters.ModelChoiceFilter(queryset=_aligned, to_field_name="code", method="by_target")
    is_headline = YesNoFilter(field_name="is_headline")
    q = SearchFilter(codes=("code",), texts=("title",))
    ordering = filters.OrderingFilter(fields=[("position", "position"), ("code", "code")])

    class Meta:
        model = Indicator
        fields: list[str] = []

    def by_framework(self, rows: Any, _name: str, value: Theme) -> Any:
        """Indicators that serve a framework or one of its targets."""
        within = Theme.objects.filter(plan=value.plan_id).within(value)
        return rows.filter(pk__in=_serving(within))

    def by_target(self, rows: Any, _name: str, value: Theme) -> Any:
        """Indicators that serve just this target."""
        return rows.filter(pk__in=_serving([value]))


def _serving(themes: Any) -> Any:
    links = IndicatorFramework.objects.filter(theme__in=themes)
    return links.order_by().values("indicator")


class StrategyFilter(filters.FilterSet):
    """Regional strategies by office, and by an outcome that one of their priorities serves."""

    office = WithinOfficeFilter()
    outcome = CodeFilter("outcomes.Outcome", in_plan=True, method="by_outcome")

    class Meta:
        model = RegionalStrategy
        fields: list[str] = []

    def by_outcome(self, rows: Any, _name: str, value: Outcome) -> Any:
        """Strategies with a priority that holds and serves the outcome."""
        serving = StrategyPriority.objects.current().filter(strategy=OuterRef("pk"), outcomes=value)
        return rows.filter(Exists(serving))
