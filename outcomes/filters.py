"""What lists of outcomes and indicators are narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef

from habitat_tracker.filters import CodeFilter, SearchFilter, WithinOfficeFilter, YesNoFilter

from .choices import Kind, Origin, Owner
from .models import Indicator, Outcome, RegionalStrategy, StrategyPriority


class OutcomeFilter(filters.FilterSet):
    """Outcomes by domain."""

    domain = CodeFilter("plans.Domain", in_plan=True, field_name="domain")
    q = SearchFilter(codes=("code",), texts=("title", "short_title"))
    ordering = filters.OrderingFilter(fields=[("position", "position"), ("code", "code")])

    class Meta:
        model = Outcome
        fields: list[str] = []


class IndicatorFilter(filters.FilterSet):
    """Indicators by what they measure and how."""

    outcome = CodeFilter("outcomes.Outcome", in_plan=True, field_name="outcome")
    domain = CodeFilter("plans.Domain", in_plan=True, field_name="domain")
    owner = filters.ChoiceFilter(choices=Owner.choices)
    kind = filters.ChoiceFilter(choices=Kind.choices)
    origin = filters.ChoiceFilter(choices=Origin.choices)
    is_headline = YesNoFilter(field_name="is_headline")
    q = SearchFilter(codes=("code",), texts=("title",))
    ordering = filters.OrderingFilter(fields=[("position", "position"), ("code", "code")])

    class Meta:
        model = Indicator
        fields: list[str] = []


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
