"""What lists of figures and of countries are narrowed by."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

import django_filters as filters
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.clock import end_of_day
from habitat_tracker.filters import CodeFilter, PastDayFilter, SearchFilter, plan_code
from habitat_tracker.forms import DayInput
from outcomes.choices import AssessmentStage, FrameworkStage, StatedTopic, UrbanContent
from outcomes.models import CountryRecord, Indicator, StatedFigure
from projects.filters.common import OfficeOfPlanFilter
from projects.models import Project


class FigureFilter(filters.FilterSet):
    """The indicators whose figures are listed: one, or those of an outcome or a domain."""

    indicator = CodeFilter("outcomes.Indicator", in_plan=True, method="by_indicator")
    outcome = CodeFilter("outcomes.Outcome", in_plan=True, field_name="outcome")
    domain = CodeFilter("plans.Domain", in_plan=True, field_name="domain")

    class Meta:
        model = Indicator
        fields: list[str] = []

    def by_indicator(self, rows: Any, _name: str, value: Indicator) -> Any:
        """The one indicator."""
        return rows.filter(pk=value.pk)


class CountryFilter(filters.FilterSet):
    """Countries of the offices by name, region, and what is recorded of them on a day (`as_of`).

    Not known is an answer of its own: nothing is recorded, or the record leaves it open.
    """

    FIELDS: ClassVar[dict[str, str]] = {
        "cca": "cca_stage",
        "framework": "framework_stage",
        "content": "content_rating",
    }
    q = SearchFilter(codes=("iso3",), texts=("name",), label=_("Search"))
    office = filters.ModelChoiceFilter(
        queryset=lambda request: Office.objects.regions(),
        to_field_name="code",
        method="by_office",
        label=_("Office"),
        empty_label=_("All offices"),
    )
    cca = filters.ChoiceFilter(
        choices=[*AssessmentStage.choices, ("unknown", _("Not known"))],
        method="by_record",
        label=_("Common country assessment"),
        empty_label=_("Any stage"),
    )
    framework = filters.ChoiceFilter(
        choices=[*FrameworkStage.choices, ("unknown", _("Not known"))],
        method="by_record",
        label=_("Cooperation framework"),
        empty_label=_("Any stage"),
    )
    content = filters.ChoiceFilter(
        choices=[*UrbanContent.choices, ("unknown", _("Not rated"))],
        method="by_record",
        label=_("Urban content"),
        empty_label=_("Any rating"),
    )
    as_of = PastDayFilter(
        method="by_day",
        label=_("As it was on"),
        widget=DayInput(),
    )

    class Meta:
        model = Country
        fields: list[str] = []

    @property
    def day(self) -> date | None:
        """The earlier day that was asked for; None: now."""
        day = self.form.cleaned_data.get("as_of") if self.is_valid() else None
        return None if day == timezone.localdate() else day

    @property
    def moment(self) -> datetime | None:
        """The end of the day asked for; None: now."""
        return end_of_day(self.day) if self.day else None

    def records(self) -> Any:
        """The records of the plan that counted then, one for a country at most."""
        plan = plan_code(self.request)
        return CountryRecord.objects.at(self.moment).filter(plan__code=plan)

    def by_office(self, rows: Any, _name: str, value: Office) -> Any:
        """Countries of an office and all below it."""
        return rows.filter(office__path__startswith=value.path)

    def by_record(self, rows: Any, name: str, value: str) -> Any:
        """Countries of which something is recorded, or is not known."""
        field = self.FIELDS[name]
        records = self.records().filter(country=OuterRef("pk"))
        if value == "unknown":
            empty = {f"{field}__isnull": True} if name == "content" else {field: ""}
            return rows.filter(~Exists(records.exclude(**empty)))
        return rows.filter(Exists(records.filter(**{field: value})))

    def by_day(self, rows: Any, _name: str, _value: Any) -> Any:
        """Decides which records are meant (`records`), and narrows nothing itself."""
        return rows


class AnalysisFilter(filters.FilterSet):
    """What projects are about: of the whole plan, or of an office with all below it."""

    office = OfficeOfPlanFilter(label=_("Office"), empty_label=_("All offices"))

    class Meta:
        model = Project
        fields: list[str] = []


class StatedFilter(filters.FilterSet):
    """What documents state, by topic."""

    topic = filters.ChoiceFilter(choices=StatedTopic.choices, label=_("Topic"))

    class Meta:
        model = StatedFigure
        fields: list[str] = []
