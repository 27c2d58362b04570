"""What lists of outcomes and indicators are narrowed by."""

from __future__ import annotations

import django_filters as filters

from habitat_tracker.filters import CodeFilter, SearchFilter, YesNoFilter

from .choices import Kind, Origin, Owner
from .models import Indicator, Outcome


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
