"""The filters of projects and results: pages and the API share them."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.filters import CodeFilter, WithinOfficeFilter, YesNoFilter, plan_code
from outcomes.choices import DeliverableKind, State
from outcomes.models import Outcome
from plans.choices import ABOUT_THEMES, ThemeKind
from plans.models import ReportingPeriod, Theme

from .choices import (
    AgreementKind,
    AgreementScope,
    AgreementState,
    ContributionRole,
    CovidMarker,
    Marker,
    PartnerKind,
    ProjectStatus,
    Register,
    Status,
)
from .models import (
    Agreement,
    Deliverable,
    ExchangeRate,
    LateEntry,
    Partner,
    PartnerContribution,
    Project,
    ProjectTheme,
    Result,
    SavedView,
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


class SavedViewFilter(filters.FilterSet):
    """One's own views by the register that they are of."""

    register = filters.ChoiceFilter(choices=Register.choices)

    class Meta:
        model = SavedView
        fields: list[str] = []


class DayInput(forms.DateInput):
    """A day, chosen from the browser's calendar."""

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d", attrs={"type": "date"})


class PartnerFilter(filters.FilterSet):
    """Partners by words, kind, country, and by one agreement: its scope, office, days in force.

    `q` is looked for in every name of a partner, accents aside. A country is where the partner is
    or where its agreement holds. Spellings that were merged into another are not listed.
    """

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    kind = filters.ChoiceFilter(
        choices=PartnerKind.choices, label=_("Kind"), empty_label=_("All kinds")
    )
    country = filters.ModelChoiceFilter(
        queryset=Country.objects.all(),
        to_field_name="iso3",
        method="by_agreement",
        label=_("Country"),
        empty_label=_("All countries"),
    )
    scope = filters.ChoiceFilter(
        choices=AgreementScope.choices,
        method="by_agreement",
        label=_("Agreement is"),
        empty_label=_("Any scope"),
    )
    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        field_name="agreements__office",
        method="by_agreement",
        label=_("Agreement of"),
        empty_label=_("All offices"),
    )
    in_force = filters.DateFilter(
        input_formats=["%Y-%m-%d"],
        method="by_agreement",
        label=_("In force on"),
        widget=DayInput(),
    )
    role = filters.ChoiceFilter(
        choices=ContributionRole.choices,
        method="by_role",
        label=_("Role in projects"),
        empty_label=_("Any or none"),
    )

    class Meta:
        model = Partner
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """What is asked of an agreement is asked of one and the same."""
        rows = super().filter_queryset(queryset.counting())
        asked = self.form.cleaned_data
        agreements = Agreement.objects.of_partner(OuterRef("pk")).standing()
        if asked["scope"]:
            agreements = agreements.filter(scope=asked["scope"])
        if asked["office"]:
            agreements = agreements.filter(office__path__startswith=asked["office"].path)
        if asked["in_force"]:
            agreements = agreements.in_force(asked["in_force"])
        if country := asked["country"]:
            listed = Agreement.countries.through.objects.filter(
                agreement=OuterRef("pk"), country=country
            )
            rows = rows.filter(Q(country=country) | Exists(agreements.filter(Exists(listed))))
        if asked["scope"] or asked["office"] or asked["in_force"]:
            rows = rows.filter(Exists(agreements))
        return rows

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Partners that hold every word in one of their names."""
        return rows.search(value)

    def by_role(self, rows: Any, _name: str, value: str) -> Any:
        """Partners that contribute to a project in a role."""
        own = PartnerContribution.objects.of_partner(OuterRef("pk")).standing()
        return rows.filter(Exists(own.filter(role=value)))

    def by_agreement(self, rows: Any, _name: str, _value: Any) -> Any:
        """Asked together, in `filter_queryset`."""
        return rows


def partners_of_the_plan(request: Any) -> QuerySet[Partner]:
    """The partners of the plan that the address names, under every name."""
    return Partner.objects.filter(plan__code=plan_code(request))


class AgreementFilter(filters.FilterSet):
    """Agreements by partner (under all its names), kind, scope, office, country and dates."""

    partner = filters.ModelChoiceFilter(queryset=partners_of_the_plan, method="by_partner")
    kind = filters.ChoiceFilter(choices=AgreementKind.choices)
    scope = filters.ChoiceFilter(choices=AgreementScope.choices)
    office = WithinOfficeFilter()
    country = CodeFilter("accounts.Country", code="iso3", field_name="countries")
    in_force = filters.DateFilter(input_formats=["%Y-%m-%d"], method="by_day")
    signed_from = filters.DateFilter(
        input_formats=["%Y-%m-%d"], field_name="signed", lookup_expr="gte"
    )
    signed_until = filters.DateFilter(
        input_formats=["%Y-%m-%d"], field_name="signed", lookup_expr="lte"
    )
    state = filters.ChoiceFilter(choices=AgreementState.choices, method="by_state")

    class Meta:
        model = Agreement
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a state those that were not withdrawn."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.standing()

    def by_partner(self, rows: Any, _name: str, value: Partner) -> Any:
        """Agreements with a partner under all the names that count as it."""
        return rows.of_partner(value)

    def by_day(self, rows: Any, _name: str, value: Any) -> Any:
        """Agreements that hold on a day."""
        return rows.in_force(value)

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Agreements by where they stand today."""
        today = timezone.localdate()
        if value == AgreementState.WITHDRAWN:
            return rows.filter(withdrawn_at__isnull=False)
        if value == AgreementState.IN_FORCE:
            return rows.in_force(today)
        if value == AgreementState.TO_COME:
            return rows.standing().filter(start__gt=today)
        return rows.standing().filter(end__lt=today)


class PartnerCountForm(forms.Form):
    """The window in which agreements were signed, and as of which day they are counted."""

    start = forms.DateField(
        required=False, input_formats=["%Y-%m-%d"], label=_("Signed from"), widget=DayInput()
    )
    end = forms.DateField(
        required=False, input_formats=["%Y-%m-%d"], label=_("until"), widget=DayInput()
    )
    as_of = forms.DateField(
        required=False, input_formats=["%Y-%m-%d"], label=_("As of"), widget=DayInput()
    )

    def clean(self) -> dict[str, Any]:
        """The window begins before it ends."""
        asked = super().clean() or {}
        start, end = asked.get("start"), asked.get("end")
        if start and end and end < start:
            self.add_error("end", _("It would end before it begins."))
        return asked


class PartnerContributionFilter(filters.FilterSet):
    """Contributions by project, partner (under all its names), role and office."""

    project = CodeFilter("projects.Project", in_plan=True, field_name="project")
    partner = filters.ModelChoiceFilter(queryset=partners_of_the_plan, method="by_partner")
    role = filters.ChoiceFilter(choices=ContributionRole.choices)
    office = WithinOfficeFilter(field_name="project__office")
    state = filters.ChoiceFilter(
        choices=[("withdrawn", _("Withdrawn")), ("all", _("All"))], method="by_state"
    )

    class Meta:
        model = PartnerContribution
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a state those that were not withdrawn."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.standing()

    def by_partner(self, rows: Any, _name: str, value: Partner) -> Any:
        """Contributions of a partner under all the names that count as it."""
        return rows.of_partner(value)

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Withdrawn ones, or all."""
        return rows.filter(withdrawn_at__isnull=False) if value == "withdrawn" else rows
