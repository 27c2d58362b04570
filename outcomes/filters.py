"""What lists of outcomes and indicators are narrowed by."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef

from habitat_tracker.accounts.filters import InCountryFilter
from habitat_tracker.clock import end_of_day
from habitat_tracker.filters import (
    CodeFilter,
    PastDayFilter,
    SearchFilter,
    WithinOfficeFilter,
    YesNoFilter,
    plan_code,
)
from plans.models import Theme

from .choices import AssessmentStage, FrameworkStage, Kind, Origin, Owner, UrbanContent
from .models import (
    CountryRecord,
    Indicator,
    IndicatorFramework,
    Outcome,
    RegionalStrategy,
    StrategyPriority,
)


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


class CountryRecordFilter(filters.FilterSet):
    """Country records of a day (`as_of`; else those that count now) by office, country, state."""

    as_of = PastDayFilter(method="by_day")
    office = WithinOfficeFilter(field_name="country__office")
    country = InCountryFilter(field_name="country")
    cca_stage = filters.ChoiceFilter(choices=AssessmentStage.choices)
    framework_stage = filters.ChoiceFilter(choices=FrameworkStage.choices)
    content_rating = filters.ChoiceFilter(choices=UrbanContent.choices)

    class Meta:
        model = CountryRecord
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Of each country one record, the one that counted then."""
        day = self.form.cleaned_data.get("as_of")
        return super().filter_queryset(queryset.at(end_of_day(day) if day else None))

    def by_day(self, rows: Any, _name: str, _value: date) -> Any:
        """Done before all others, in `filter_queryset`."""
        return rows
