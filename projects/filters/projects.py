"""The filters of projects, of late entries and of views that people keep."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.filters import InCountryFilter
from habitat_tracker.filters import CodeFilter, SearchFilter, YesNoFilter, plan_code
from outcomes.choices import Confidence
from outcomes.models import Outcome
from plans.choices import EXAMINED_THEMES
from plans.models import Theme

from ..choices import (
    CovidMarker,
    Decision,
    Marker,
    ProjectStatus,
    Rank,
    Register,
    Score,
    TransactionKind,
)
from ..models import (
    Alignment,
    Appraisal,
    BudgetLine,
    LateEntry,
    Partner,
    PartnerContribution,
    Project,
    ProjectTheme,
    SavedView,
    Transaction,
)
from .common import (
    OfficeOfPlanFilter,
    domains_of_the_plan,
    flagships_of_the_plan,
    frameworks_of_the_plan,
    outcomes_of_the_plan,
    partners_of_the_plan,
    targets_of_the_plan,
    themes_of_the_plan,
)


class ProjectFilterForm(forms.Form):
    """What is asked of the register; a marker is one of a theme."""

    def clean(self) -> dict[str, Any]:
        """Raises `missing_theme`."""
        asked = super().clean() or self.cleaned_data
        theme = asked.get("theme")
        if asked.get("marker") and (theme is None or theme.kind not in EXAMINED_THEMES):
            self.add_error(
                "marker",
                ValidationError(
                    _("Name the inclusion dimension or issue that the marker is of."),
                    "missing_theme",
                ),
            )
        return asked


class ProjectFilter(filters.FilterSet):
    """Projects by words, office (with all below it), country, outcome, status, what they are about.

    `q` is looked for in code, title, summary, office and country; every word has to be there.
    Offices, countries and outcomes are named by their codes.
    """

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    office = OfficeOfPlanFilter(label=_("Office"), empty_label=_("All offices"))
    country = InCountryFilter(
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

    donor = filters.CharFilter(method="by_donor", label=_("Donor"), max_length=200)
    partner = filters.ModelChoiceFilter(
        queryset=partners_of_the_plan,
        method="by_partner",
        label=_("Partner"),
        empty_label=_("Any or none"),
    )
    year = filters.NumberFilter(
        method="by_year", label=_("Runs in the year"), min_value=1900, max_value=9998
    )
    decision = filters.ChoiceFilter(
        choices=Decision.choices,
        method="by_decision",
        label=_("Last decision"),
        empty_label=_("Any or none"),
    )

    framework = filters.ModelChoiceFilter(
        queryset=frameworks_of_the_plan,
        to_field_name="code",
        method="by_framework",
        label=_("Global framework"),
        empty_label=_("Any or none"),
    )
    target = filters.ModelChoiceFilter(
        queryset=targets_of_the_plan,
        to_field_name="code",
        method="by_target",
        label=_("Target of a framework"),
        empty_label=_("Any or none"),
    )

    domain = filters.ModelChoiceFilter(
        queryset=domains_of_the_plan,
        to_field_name="code",
        method="by_domain",
        label=_("Domain of the primary outcome"),
        empty_label=_("Any or none"),
        null_label=_("No primary outcome"),
        null_value="none",
    )
    primary = filters.ModelChoiceFilter(
        queryset=outcomes_of_the_plan,
        to_field_name="code",
        method="by_primary",
        label=_("Primary outcome"),
        empty_label=_("All outcomes"),
    )
    also = filters.ModelChoiceFilter(
        queryset=outcomes_of_the_plan,
        to_field_name="code",
        method="by_other",
        label=_("Serves another outcome"),
        empty_label=_("All outcomes"),
    )
    marker = filters.ChoiceFilter(
        choices=[*Marker.choices, ("not_examined", _("Not examined"))],
        method="by_marker",
        label=_("Marker"),
        empty_label=_("Significant or principal"),
    )
    innovation = filters.ChoiceFilter(
        choices=Score.choices,
        lookup_expr="gte",
        label=_("Innovation at least"),
        empty_label=_("Assessed or not"),
    )
    replication = filters.ChoiceFilter(
        choices=Score.choices,
        lookup_expr="gte",
        label=_("Potential for replication at least"),
        empty_label=_("Assessed or not"),
    )

    class Meta:
        model = Project
        form = ProjectFilterForm
        fields = ["q", "office", "country", "outcome", "status"]

    # Shown in the form of the register only where the address asks for them.
    rarely_asked = (
        "framework",
        "target",
        "domain",
        "primary",
        "also",
        "marker",
        "innovation",
        "replication",
    )

    def by_donor(self, rows: Any, _name: str, value: str) -> Any:
        """Projects that a donor pays for, by approved budget or income; named as there."""
        named = {"donor__iexact": " ".join(value.split())}
        promised = BudgetLine.objects.at().filter(**named).order_by()
        given = Transaction.objects.at().filter(**named, kind=TransactionKind.INCOME).order_by()
        return rows.filter(Q(pk__in=promised.values("project")) | Q(pk__in=given.values("project")))

    def by_partner(self, rows: Any, _name: str, value: Partner) -> Any:
        """Projects that a partner, under any of its names, does or gives something for."""
        names = Partner.objects.filter(Q(pk=value.pk) | Q(merged_into=value))
        given = PartnerContribution.objects.standing().filter(
            partner__in=list(names.values_list("pk", flat=True))
        )
        return rows.filter(pk__in=given.order_by().values("project"))

    def by_year(self, rows: Any, _name: str, value: Decimal) -> Any:
        """Projects that run in a year; one whose beginning is not known runs in none."""
        first, last = date(int(value), 1, 1), date(int(value), 12, 31)
        return rows.filter(Q(end__isnull=True) | Q(end__gte=first), start__lte=last)

    def by_decision(self, rows: Any, _name: str, value: str) -> Any:
        """Projects whose last appraisal that was decided ended so."""
        decided = Appraisal.objects.filter(plan__code=plan_code(self.request), decision=value)
        later = (
            Appraisal.objects.decided()
            .filter(document__project=OuterRef("document__project"))
            .filter(
                Q(decided_on__gt=OuterRef("decided_on"))
                | Q(decided_on=OuterRef("decided_on"), pk__gt=OuterRef("pk"))
            )
        )
        last = decided.filter(~Exists(later)).order_by()
        return rows.filter(pk__in=last.values("document__project"))

    def by_domain(self, rows: Any, _name: str, value: Any) -> Any:
        """Projects whose primary outcome lies in a domain; or those that have none."""
        links = Alignment.objects.filter(project=OuterRef("pk"), rank=Rank.PRIMARY)
        if value == "none":
            return rows.filter(~Exists(links))
        return rows.filter(Exists(links.filter(outcome__domain=value)))

    def by_primary(self, rows: Any, _name: str, value: Outcome) -> Any:
        """Projects that are counted under an outcome."""
        links = Alignment.objects.filter(project=OuterRef("pk"), outcome=value)
        return rows.filter(Exists(links.filter(rank=Rank.PRIMARY)))

    def by_other(self, rows: Any, _name: str, value: Outcome) -> Any:
        """Projects that serve an outcome beside their primary one."""
        links = Alignment.objects.filter(project=OuterRef("pk"), outcome=value)
        return rows.filter(Exists(links.exclude(rank=Rank.PRIMARY)))

    def by_marker(self, rows: Any, _name: str, value: str) -> Any:
        """Projects with this marker for the theme that is asked for, or not examined for it."""
        links = ProjectTheme.objects.filter(
            project=OuterRef("pk"), theme=self.form.cleaned_data["theme"]
        )
        if value == "not_examined":
            return rows.filter(~Exists(links))
        return rows.filter(Exists(links.filter(marker=value)))

    def by_framework(self, rows: Any, _name: str, value: Theme) -> Any:
        """Projects aligned with a framework or one of its targets, themselves or by inheriting."""
        within = Theme.objects.filter(plan=value.plan_id).within(value)
        return rows.contributing_to(list(within.values_list("pk", flat=True)))

    def by_target(self, rows: Any, _name: str, value: Theme) -> Any:
        """Projects aligned with just this target, themselves or by inheriting."""
        return rows.contributing_to([value.pk])

    def by_theme(self, rows: Any, _name: str, value: Theme) -> Any:
        """Projects that name or use a theme, or are marked as significant or principal for it."""
        if self.form.cleaned_data.get("marker"):
            return rows  # the marker says which
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

    def by_outcome(self, rows: Any, _name: str, value: Outcome) -> Any:
        """Projects that serve an outcome, in any rank."""
        return rows.filter(alignments__outcome=value)


class CatalogueFilter(filters.FilterSet):
    """Services and tools by words in code, name and description."""

    q = SearchFilter(codes=("code",), texts=("name", "text"), label=_("Search"))

    class Meta:
        model = Theme
        fields: list[str] = []


class ContributingFilter(filters.FilterSet):
    """Projects that serve a framework or target, by office, country, and how sure that is."""

    office = OfficeOfPlanFilter(label=_("Office"), empty_label=_("All offices"))
    country = InCountryFilter(
        field_name="countries",
        label=_("Country"),
        empty_label=_("All countries"),
    )
    confidence = filters.ChoiceFilter(
        choices=Confidence.choices,
        method="by_confidence",
        label=_("How sure"),
        empty_label=_("Any confidence"),
    )

    class Meta:
        model = Project
        fields: list[str] = []

    def __init__(self, *args: Any, themes: list[int], **kwargs: Any) -> None:
        self.themes = themes
        super().__init__(*args, **kwargs)

    def filter_queryset(self, queryset: Any) -> Any:
        """Those that contribute, by links that are as sure as asked for."""
        sure = self.form.cleaned_data.get("confidence") or ""
        return super().filter_queryset(queryset.contributing_to(self.themes, sure))

    def by_confidence(self, rows: Any, _name: str, _value: str) -> Any:
        """Asked of the links, above."""
        return rows


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


class SavedViewFilter(filters.FilterSet):
    """One's own views by the register that they are of."""

    register = filters.ChoiceFilter(choices=Register.choices)

    class Meta:
        model = SavedView
        fields: list[str] = []
