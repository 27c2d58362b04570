"""The filters of projects and results: pages and the API share them."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.fields import spelled_in_any_language
from habitat_tracker.filters import CodeFilter, WithinOfficeFilter, YesNoFilter, plan_code
from outcomes.choices import DeliverableKind, State
from outcomes.models import Outcome
from plans.choices import ABOUT_THEMES, ThemeKind
from plans.models import ReportingPeriod, Theme

from .choices import (
    CovidMarker,
    Decision,
    DocumentKind,
    DocumentStatus,
    LabStatus,
    Level,
    Marker,
    ProjectStatus,
    Register,
    RiskCategory,
    Status,
    StoryStatus,
    TransactionKind,
)
from .models import (
    Appraisal,
    Condition,
    Delegation,
    Deliverable,
    ExchangeRate,
    InnovationLab,
    LateEntry,
    Lesson,
    Project,
    ProjectDocument,
    ProjectTheme,
    Result,
    ReviewMeeting,
    Risk,
    SavedView,
    Story,
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


class SavedViewFilter(filters.FilterSet):
    """One's own views by the register that they are of."""

    register = filters.ChoiceFilter(choices=Register.choices)

    class Meta:
        model = SavedView
        fields: list[str] = []


class AppraisalFilter(filters.FilterSet):
    """Appraisals by state or decision, office (with all below it), level, meeting, days, words.

    `first` and `last` are days of the decision, both included; `q` is looked for in the code and
    title of the project.
    """

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    state = filters.ChoiceFilter(
        choices=[("waiting", _("Waits for a decision")), ("decided", _("Decided"))],
        method="by_state",
        label=_("State"),
        empty_label=_("Any state"),
    )
    decision = filters.ChoiceFilter(
        choices=Decision.choices, label=_("Decision"), empty_label=_("Any decision")
    )
    kind = filters.ChoiceFilter(
        choices=DocumentKind.choices,
        field_name="document__kind",
        label=_("Document"),
        empty_label=_("Proposals and revisions"),
    )
    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        method="by_office",
        label=_("Office"),
        empty_label=_("All offices"),
    )
    outcome = filters.ModelChoiceFilter(
        queryset=outcomes_of_the_plan,
        to_field_name="code",
        label=_("Primary outcome"),
        empty_label=_("All outcomes"),
    )
    level = filters.ChoiceFilter(
        choices=Level.choices,
        field_name="delegation__level",
        label=_("Decided by"),
        empty_label=_("Any level"),
    )
    first = filters.DateFilter(
        field_name="decided_on",
        lookup_expr="gte",
        label=_("Decided from"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    last = filters.DateFilter(
        field_name="decided_on",
        lookup_expr="lte",
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    class Meta:
        model = Appraisal
        fields: list[str] = []

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Appraisals of projects that hold every word in code or title."""
        for word in value.split():
            rows = rows.filter(
                Q(document__project__code__icontains=word)
                | spelled_in_any_language("document__project__title", word)
            )
        return rows

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Those that wait, or those with a decision."""
        return rows.waiting() if value == "waiting" else rows.decided()

    def by_office(self, rows: Any, _name: str, value: Office) -> Any:
        """Appraisals of the projects of an office and all below it."""
        return rows.filter(office__path__startswith=value.path)


class LessonFilter(filters.FilterSet):
    """Lessons by words, outcome, country and office (with all below it)."""

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    outcome = filters.ModelChoiceFilter(
        queryset=outcomes_of_the_plan,
        to_field_name="code",
        label=_("Outcome"),
        empty_label=_("All outcomes"),
    )
    country = filters.ModelChoiceFilter(
        queryset=Country.objects.all(),
        to_field_name="iso3",
        label=_("Country"),
        empty_label=_("All countries"),
    )
    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        method="by_office",
        label=_("Office"),
        empty_label=_("All offices"),
    )

    class Meta:
        model = Lesson
        fields: list[str] = []

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Lessons that hold every word."""
        for word in value.split():
            rows = rows.filter(
                Q(context__icontains=word) | Q(learned__icontains=word) | Q(use__icontains=word)
            )
        return rows

    def by_office(self, rows: Any, _name: str, value: Office) -> Any:
        """Lessons of the projects of an office and all below it."""
        return rows.filter(project__office__path__startswith=value.path)


class DocumentFilter(filters.FilterSet):
    """Project documents by project, kind, where they stand, and office (with all below it)."""

    project = CodeFilter("projects.Project", in_plan=True)
    kind = filters.ChoiceFilter(choices=DocumentKind.choices)
    status = filters.ChoiceFilter(choices=DocumentStatus.choices)
    office = WithinOfficeFilter(field_name="project__office")

    class Meta:
        model = ProjectDocument
        fields: list[str] = []


class ConditionFilter(filters.FilterSet):
    """Conditions of approvals by project, and whether they are met or overdue."""

    project = CodeFilter(
        "projects.Project", in_plan=True, field_name="appraisal__document__project"
    )
    met = YesNoFilter(method="by_met")
    overdue = YesNoFilter(method="by_overdue")

    class Meta:
        model = Condition
        fields: list[str] = []

    def by_met(self, rows: Any, _name: str, value: str) -> Any:
        """Those found met, or all the others."""
        return rows.filter(settled_at__isnull=value != "true")

    def by_overdue(self, rows: Any, _name: str, value: str) -> Any:
        """Open ones whose day has passed, or all the others."""
        late = rows.overdue(timezone.localdate())
        return late if value == "true" else rows.exclude(pk__in=late.values("pk"))


class DelegationFilter(filters.FilterSet):
    """Delegations by level, office (with all below it), and whether they hold today."""

    level = filters.ChoiceFilter(choices=Level.choices)
    office = WithinOfficeFilter(field_name="office")
    in_force = YesNoFilter(method="by_force")

    class Meta:
        model = Delegation
        fields: list[str] = []

    def by_force(self, rows: Any, _name: str, value: str) -> Any:
        """Those that hold today, or all the others."""
        held = rows.in_force()
        return held if value == "true" else rows.exclude(pk__in=held.values("pk"))


class MeetingFilter(filters.FilterSet):
    """Meetings of the committee from the first to the last day, both included."""

    first = filters.DateFilter(field_name="date", lookup_expr="gte")
    last = filters.DateFilter(field_name="date", lookup_expr="lte")

    class Meta:
        model = ReviewMeeting
        fields: list[str] = []


class StoryFilter(filters.FilterSet):
    """Stories by words, project, country, office (with all below it) and status."""

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    country = filters.ModelChoiceFilter(
        queryset=Country.objects.all(),
        to_field_name="iso3",
        label=_("Country"),
        empty_label=_("All countries"),
    )
    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        method="by_office",
        label=_("Office"),
        empty_label=_("All offices"),
    )
    status = filters.ChoiceFilter(
        choices=StoryStatus.choices, label=_("Status"), empty_label=_("Any status")
    )

    class Meta:
        model = Story
        fields: list[str] = []

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Stories that hold every word."""
        for word in value.split():
            rows = rows.filter(
                Q(title__icontains=word) | Q(text__icontains=word) | Q(project__code__iexact=word)
            )
        return rows

    def by_office(self, rows: Any, _name: str, value: Office) -> Any:
        """Stories of the projects of an office and all below it."""
        return rows.filter(project__office__path__startswith=value.path)


class LabFilter(filters.FilterSet):
    """Innovation labs by words, country, office (with all below it) and status."""

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    country = filters.ModelChoiceFilter(
        queryset=Country.objects.all(),
        to_field_name="iso3",
        label=_("Country"),
        empty_label=_("All countries"),
    )
    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        method="by_office",
        label=_("Office"),
        empty_label=_("All offices"),
    )
    status = filters.ChoiceFilter(
        choices=LabStatus.choices, label=_("Status"), empty_label=_("Any status")
    )

    class Meta:
        model = InnovationLab
        fields: list[str] = []

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Labs that hold every word in name, city or host."""
        for word in value.split():
            rows = rows.filter(
                Q(name__icontains=word) | Q(city__icontains=word) | Q(host__icontains=word)
            )
        return rows

    def by_office(self, rows: Any, _name: str, value: Office) -> Any:
        """Labs of an office and all below it."""
        return rows.filter(office__path__startswith=value.path)


class RiskFilter(filters.FilterSet):
    """Risks by words, office (with all below it), project, category, rating, owner and state.

    `state` is `open`, `overdue` (to be looked at again) or `closed`; without one, open ones.
    """

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        method="by_office",
        label=_("Office"),
        empty_label=_("All offices"),
    )
    project = CodeFilter("projects.Project", in_plan=True, label=_("Project"))
    category = filters.ChoiceFilter(
        choices=RiskCategory.choices, label=_("Category"), empty_label=_("All categories")
    )
    likelihood = filters.ChoiceFilter(
        choices=[(n, str(n)) for n in range(1, 6)], label=_("Likelihood"), empty_label=_("Any")
    )
    impact = filters.ChoiceFilter(
        choices=[(n, str(n)) for n in range(1, 6)], label=_("Impact"), empty_label=_("Any")
    )
    state = filters.ChoiceFilter(
        choices=[
            ("overdue", _("Overdue")),
            ("closed", _("Closed")),
            ("all", _("All")),
        ],
        method="by_state",
        label=_("State"),
        empty_label=_("Open"),
    )

    class Meta:
        model = Risk
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a state those that are open."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.open()

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Risks that hold every word."""
        for word in value.split():
            rows = rows.filter(
                Q(title__icontains=word)
                | Q(description__icontains=word)
                | Q(measures__icontains=word)
                | Q(project__code__iexact=word)
            )
        return rows

    def by_office(self, rows: Any, _name: str, value: Office) -> Any:
        """Risks of an office and all below it."""
        return rows.filter(office__path__startswith=value.path)

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Those overdue, those closed, or all."""
        if value == "overdue":
            return rows.overdue(timezone.localdate())
        return rows.filter(closed_at__isnull=False) if value == "closed" else rows
