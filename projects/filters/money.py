"""The filters of exchange rates, income and expenditure."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from habitat_tracker.clock import end_of_day
from habitat_tracker.filters import CodeFilter, PastDayFilter, YesNoFilter

from ..choices import Likelihood, TransactionKind
from ..models import (
    BudgetLine,
    CoreBudget,
    Deferral,
    ExchangeRate,
    ExpectedIncome,
    Transaction,
)
from .common import (
    OfficeOfPlanFilter,
    flagships_of_the_plan,
    outcomes_of_the_plan,
    prongs_of_the_plan,
)


class NowFilter(filters.FilterSet):
    """Without a `state` only what counts now."""

    def filter_queryset(self, queryset: Any) -> Any:
        """Rows of every time where a state is asked for."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.at()


class ExchangeRateFilter(filters.FilterSet):
    """Exchange rates by currency and month (`2021-03`)."""

    currency = filters.CharFilter(lookup_expr="iexact", label=_("Currency"), max_length=3)
    month = filters.DateFilter(
        input_formats=["%Y-%m"],
        label=_("Month"),
        widget=forms.DateInput(format="%Y-%m", attrs={"placeholder": "2021-03"}),
    )

    class Meta:
        model = ExchangeRate
        fields: list[str] = []


class TransactionFilter(NowFilter):
    """Income and expenditure by project, office (with all below it), kind, donor, day and number.

    Withdrawn ones are shown only where `state` asks for them.
    """

    project = CodeFilter("projects.Project", in_plan=True, label=_("Project"))
    office = OfficeOfPlanFilter(field_name="project__office", label=_("Office"))
    kind = filters.ChoiceFilter(
        choices=TransactionKind.choices, label=_("Kind"), empty_label=_("Income and expenditure")
    )
    donor = filters.CharFilter(lookup_expr="icontains", label=_("Donor"), max_length=200)
    earmarked = YesNoFilter(label=_("Earmarked"))
    currency = filters.CharFilter(lookup_expr="iexact", label=_("Currency"), max_length=3)
    prong = filters.ModelChoiceFilter(
        queryset=prongs_of_the_plan,
        to_field_name="code",
        label=_("Prong"),
        empty_label=_("All prongs"),
    )
    year = filters.NumberFilter(
        field_name="date", lookup_expr="year", label=_("Year"), min_value=1, max_value=9998
    )
    external_id = filters.CharFilter(label=_("Number elsewhere"), max_length=80)
    state = filters.ChoiceFilter(
        choices=[("withdrawn", _("Withdrawn")), ("all", _("All"))],
        method="by_state",
        label=_("State"),
        empty_label=_("Those that count"),
    )

    class Meta:
        model = Transaction
        fields: list[str] = []

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Withdrawn ones, or all."""
        return rows.filter(withdrawn_at__isnull=False) if value == "withdrawn" else rows


class BudgetLineFilter(filters.FilterSet):
    """Approved budget lines by project, office (with all below it), flagship and year.

    Those that count now, or counted at the end of a day (`as_of`).
    """

    project = CodeFilter("projects.Project", in_plan=True, label=_("Project"))
    office = OfficeOfPlanFilter(field_name="project__office", label=_("Office"))
    flagship = filters.ModelChoiceFilter(
        queryset=flagships_of_the_plan,
        to_field_name="code",
        field_name="project__flagship",
        label=_("Flagship"),
    )
    year = filters.NumberFilter(label=_("Year"), min_value=1, max_value=9998)
    as_of = PastDayFilter(method="by_day", label=_("As of"))

    class Meta:
        model = BudgetLine
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a day those that count now."""
        day = self.form.cleaned_data.get("as_of")
        return super().filter_queryset(queryset.at(end_of_day(day) if day else None))

    def by_day(self, rows: Any, _name: str, _value: Any) -> Any:
        """Asked above."""
        return rows


class CoreBudgetFilter(filters.FilterSet):
    """The core budget by year."""

    year = filters.NumberFilter(label=_("Year"))

    class Meta:
        model = CoreBudget
        fields: list[str] = []


class ExpectedIncomeFilter(NowFilter):
    """Expected income by year, donor, earmarking, likelihood and prong.

    What was withdrawn is shown only where `state` asks for it.
    """

    year = filters.NumberFilter(label=_("Year"), min_value=1, max_value=9998)
    donor = filters.CharFilter(lookup_expr="icontains", label=_("Donor"), max_length=200)
    earmarked = YesNoFilter(label=_("Earmarked"))
    likelihood = filters.ChoiceFilter(
        choices=Likelihood.choices, label=_("Likelihood"), empty_label=_("Any likelihood")
    )
    prong = filters.ModelChoiceFilter(
        queryset=prongs_of_the_plan,
        to_field_name="code",
        label=_("Prong"),
        empty_label=_("All prongs"),
    )
    state = filters.ChoiceFilter(
        choices=[("withdrawn", _("Withdrawn")), ("all", _("All"))],
        method="by_state",
        label=_("State"),
        empty_label=_("Those that count"),
    )

    class Meta:
        model = ExpectedIncome
        fields: list[str] = []

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Withdrawn ones, or all."""
        return rows.filter(withdrawn_at__isnull=False) if value == "withdrawn" else rows


class DeferralFilter(NowFilter):
    """What is put off by outcome; what was taken up again only where `state` asks for it."""

    outcome = filters.ModelChoiceFilter(
        queryset=outcomes_of_the_plan,
        to_field_name="code",
        label=_("Outcome"),
        empty_label=_("All outcomes"),
    )
    state = filters.ChoiceFilter(
        choices=[("ended", _("Ended")), ("all", _("All"))],
        method="by_state",
        label=_("State"),
        empty_label=_("Put off now"),
    )

    class Meta:
        model = Deferral
        fields: list[str] = []

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """What is put off no longer, or all."""
        return rows.filter(superseded_at__isnull=False) if value == "ended" else rows
