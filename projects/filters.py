"""The filters of projects and results: pages and the API share them."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.filters import CodeFilter, WithinOfficeFilter, YesNoFilter, plan_code
from outcomes.choices import DeliverableKind, State
from outcomes.models import Outcome
from plans.choices import ABOUT_THEMES, ThemeKind
from plans.models import ReportingPeriod, Theme

from .choices import CovidMarker, Marker, ProjectStatus, Register, Status, TransactionKind
from .models import (
    CoreBudget,
    Deferral,
    Deliverable,
    ExchangeRate,
    LateEntry,
    Project,
    ProjectTheme,
    Result,
    SavedView,
    Transaction,
)


def outcomes_of_the_plan(request: Any) -> QuerySet[Outcome]:
    """The outcomes of the plan that the address names; codes are unique within a plan."""
    return Outcome.objects.filter(plan__code=plan_code(request)).order_by("position", "code")


def themes_of_the_plan(request: Any) -> QuerySet[Theme]:
    """What the projects of the plan that the address names can be about."""
    rows = Theme.objects.filter(plan__code=plan_code(request), kind__in=ABOUT_THEMES)
    return rows.order_by("kind", "position", "code")


def flagships_of_the_plan(request: Any) -> QuerySet[Theme]:
    """The flagship programmes of the plan that the address names."""
    rows = Theme.objects.filter(plan__code=plan_code(request), kind=ThemeKind.FLAGSHIP)
    return rows.order_by("position", "code")


class ProjectFilter(filters.FilterSet):
    """Projects by words, office (with all below it), country, outcome, status, what they are about.

    `q` is looked for in code, title, summary, office and country; every word has to be there.
    Offices, countries and outcomes are named by their codes.
    """

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        method="by_office",
        label=_("Office"),
        empty_label=_("All offices"),
    )
    country = filters.ModelChoiceFilter(
        queryset=Country.objects.all(),
        to_field_name="iso3",
        field_name="countries",
        label=_("Country"),
        empty_label=_("All countries"),
    )
    outcome = filters.ModelChoiceFilter(
        queryset=outcomes_of_the_plan,
        to_field_name="code",
        method="by_outcome",
        label=_("Outcome"),
        empty_label=_("All outcomes"),
    )
    status = filters.ChoiceFilter(
        choices=ProjectStatus.choices, label=_("Status"), empty_label=_("Any status")
    )
    flagship = filters.ModelChoiceFilter(
        queryset=flagships_of_the_plan,
        to_field_name="code",
        label=_("Flagship"),
        empty_label=_("Any or none"),
    )
    theme = filters.ModelChoiceFilter(
        queryset=themes_of_the_plan,
        to_field_name="code",
        method="by_theme",
        label=_("About"),
        empty_label=_("Anything"),
    )
    covid = filters.ChoiceFilter(
        choices=[
            ("yes", _("Partly or wholly")),
            *((value, label) for value, label in CovidMarker.choices if value),
            ("not_examined", CovidMarker.NOT_EXAMINED.label),
        ],
        method="by_covid",
        label=_("COVID-19"),
        empty_label=_("Any answer"),
    )

    class Meta:
        model = Project
        fields = ["q", "office", "country", "outcome", "status"]

    def by_theme(self, rows: Any, _name: str, value: Theme) -> Any:
        """Projects that name or use a theme, or are marked as significant or principal for it."""
        links = ProjectTheme.objects.filter(project=OuterRef("pk"), theme=value)
        return rows.filter(Exists(links.exclude(marker=Marker.NOT_TARGETED)))

    def by_covid(self, rows: Any, _name: str, value: str) -> Any:
        """Projects by their response to COVID-19; not examined is an answer of its own."""
        if value == "yes":
            return rows.filter(covid__in=(CovidMarker.PARTLY, CovidMarker.WHOLLY))
        return rows.filter(covid="" if value == "not_examined" else value)

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Projects that hold every word."""
        return rows.search(value)

    def by_office(self, rows: Any, _name: str, value: Office) -> Any:
        """Projects of an office and all below it."""
        return rows.in_office(value)

    def by_outcome(self, rows: Any, _name: str, value: Outcome) -> Any:
        """Projects that serve an outcome, in any rank."""
        return rows.filter(alignments__outcome=value)


def periods_of_the_plan(request: Any) -> QuerySet[ReportingPeriod]:
    """The reporting periods of the plan that the address names, the newest first."""
    return ReportingPeriod.objects.filter(plan__code=plan_code(request)).order_by("-number")


class DeliverableFilter(filters.FilterSet):
    """Deliverables by words, kind, outcome, office (with all below it), project and period.

    `q` is looked for in title, symbol, link and project. Cancelled ones are shown only where
    `state` asks for them.
    """

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    kind = filters.ChoiceFilter(
        choices=DeliverableKind.choices, label=_("Kind"), empty_label=_("All kinds")
    )
    outcome = filters.ModelChoiceFilter(
        queryset=outcomes_of_the_plan,
        to_field_name="code",
        label=_("Outcome"),
        empty_label=_("All outcomes"),
    )
    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        method="by_office",
        label=_("Office"),
        empty_label=_("All offices"),
    )
    project = CodeFilter("projects.Project", in_plan=True, label=_("Project"))
    period = filters.ModelChoiceFilter(
        queryset=periods_of_the_plan,
        to_field_name="label",
        method="by_period",
        label=_("Period"),
        empty_label=_("All periods"),
    )
    state = filters.ChoiceFilter(
        choices=[("cancelled", _("Cancelled")), ("all", _("All"))],
        method="by_state",
        label=_("State"),
        empty_label=_("Those that count"),
    )

    class Meta:
        model = Deliverable
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a state those that count."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.counting()

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Deliverables that hold every word."""
        return rows.search(value)

    def by_office(self, rows: Any, _name: str, value: Office) -> Any:
        """Deliverables of the projects of an office and all below it."""
        return rows.filter(project__office__path__startswith=value.path)

    def by_period(self, rows: Any, _name: str, value: ReportingPeriod) -> Any:
        """Deliverables whose day lies in a period."""
        return rows.filter(date__gte=value.start, date__lte=value.end)

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Cancelled ones, or all."""
        return rows.filter(cancelled_at__isnull=False) if value == "cancelled" else rows


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


class LateEntryFilter(filters.FilterSet):
    """Late entries by project, period, and whether they let anybody in today."""

    project = CodeFilter("projects.Project", in_plan=True, field_name="project")
    period = CodeFilter("plans.ReportingPeriod", code="label", in_plan=True, field_name="period")
    in_force = YesNoFilter(method="by_force")

    class Meta:
        model = LateEntry
        fields: list[str] = []

    def by_force(self, rows: Any, _name: str, value: str) -> Any:
        """Those that let somebody in today, or all the others."""
        standing = rows.in_force(timezone.localdate())
        return standing if value == "true" else rows.exclude(pk__in=standing.values("pk"))


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


class TransactionFilter(filters.FilterSet):
    """Income and expenditure by project, office (with all below it), kind, donor, day and number.

    Withdrawn ones are shown only where `state` asks for them.
    """

    project = CodeFilter("projects.Project", in_plan=True, label=_("Project"))
    office = WithinOfficeFilter(field_name="project__office", label=_("Office"))
    kind = filters.ChoiceFilter(
        choices=TransactionKind.choices, label=_("Kind"), empty_label=_("Income and expenditure")
    )
    donor = filters.CharFilter(lookup_expr="icontains", label=_("Donor"), max_length=200)
    earmarked = YesNoFilter(label=_("Earmarked"))
    currency = filters.CharFilter(lookup_expr="iexact", label=_("Currency"), max_length=3)
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

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a state those that count."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.at()

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Withdrawn ones, or all."""
        return rows.filter(withdrawn_at__isnull=False) if value == "withdrawn" else rows


class CoreBudgetFilter(filters.FilterSet):
    """The core budget by year."""

    year = filters.NumberFilter()

    class Meta:
        model = CoreBudget
        fields: list[str] = []


class DeferralFilter(filters.FilterSet):
    """What is put off by outcome."""

    outcome = CodeFilter("outcomes.Outcome", in_plan=True)

    class Meta:
        model = Deferral
        fields: list[str] = []


class SavedViewFilter(filters.FilterSet):
    """One's own views by the register that they are of."""

    register = filters.ChoiceFilter(choices=Register.choices)

    class Meta:
        model = SavedView
        fields: list[str] = []
