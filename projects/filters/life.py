"""The filters of project documents, their appraisal and what closed projects teach."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters as filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.filters import InCountryFilter
from habitat_tracker.fields import spelled_in_any_language
from habitat_tracker.filters import CodeFilter, YesNoFilter
from habitat_tracker.forms import DayInput

from ..choices import (
    Decision,
    DocumentKind,
    DocumentStatus,
    Level,
)
from ..models import (
    Appraisal,
    Condition,
    Delegation,
    Lesson,
    ProjectDocument,
    ReviewMeeting,
)
from .common import OfficeOfPlanFilter, outcomes_of_the_plan


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
    office = OfficeOfPlanFilter(label=_("Office"), empty_label=_("All offices"))
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
        widget=DayInput(),
    )
    last = filters.DateFilter(
        field_name="decided_on",
        lookup_expr="lte",
        label=_("Until"),
        widget=DayInput(),
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


class LessonFilter(filters.FilterSet):
    """Lessons by words, project, outcome, country and office (with all below it)."""

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    project = CodeFilter("projects.Project", in_plan=True, label=_("Project"))
    outcome = filters.ModelChoiceFilter(
        queryset=outcomes_of_the_plan,
        to_field_name="code",
        label=_("Outcome"),
        empty_label=_("All outcomes"),
    )
    country = InCountryFilter(
        label=_("Country"),
        empty_label=_("All countries"),
    )
    office = OfficeOfPlanFilter(
        field_name="project__office", label=_("Office"), empty_label=_("All offices")
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


class DocumentFilter(filters.FilterSet):
    """Project documents by project, kind, where they stand, and office (with all below it)."""

    project = CodeFilter("projects.Project", in_plan=True)
    kind = filters.ChoiceFilter(choices=DocumentKind.choices)
    status = filters.ChoiceFilter(choices=DocumentStatus.choices)
    office = OfficeOfPlanFilter(field_name="project__office")

    class Meta:
        model = ProjectDocument
        fields: list[str] = []


class ConditionFilter(AppraisalFilter):
    """Conditions by whether they are met or overdue, by project, and as their appraisals are.

    So the conditions of the appraisals that a list shows are asked for in the same words.
    """

    OWN: ClassVar[set[str]] = {"project", "office", "outcome", "met", "overdue"}
    project = CodeFilter(
        "projects.Project",
        in_plan=True,
        field_name="appraisal__document__project",
        label=_("Project"),
    )
    office = OfficeOfPlanFilter(field_name="appraisal__office", label=_("Office"))
    outcome = filters.ModelChoiceFilter(
        queryset=outcomes_of_the_plan,
        to_field_name="code",
        field_name="appraisal__outcome",
        label=_("Primary outcome"),
    )
    met = YesNoFilter(method="by_met", label=_("Met"))
    overdue = YesNoFilter(method="by_overdue", label=_("Overdue"))

    class Meta:
        model = Condition
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """What is not asked of a condition is asked of its appraisal."""
        asked = {name: value for name, value in self.form.cleaned_data.items() if value}
        appraisals = Appraisal.objects.all()
        for name, value in asked.items():
            if name in self.OWN:
                queryset = self.filters[name].filter(queryset, value)
            else:
                appraisals = self.filters[name].filter(appraisals, value)
        if asked.keys() <= self.OWN:
            return queryset
        return queryset.filter(appraisal__in=appraisals)

    def by_met(self, rows: Any, _name: str, value: str) -> Any:
        """Those found met, or all the others."""
        return rows.filter(settled_at__isnull=value != "true")

    def by_overdue(self, rows: Any, _name: str, value: str) -> Any:
        """Open ones whose day has passed, or all the others."""
        late = rows.overdue(timezone.localdate())
        return late if value == "true" else rows.exclude(pk__in=late.values("pk"))


class DelegationFilter(filters.FilterSet):
    """Delegations by level, office (with all below it), and whether they hold today."""

    level = filters.ChoiceFilter(choices=Level.choices, label=_("Level"))
    office = OfficeOfPlanFilter(label=_("Office"))
    in_force = YesNoFilter(method="by_force", label=_("In force today"))

    class Meta:
        model = Delegation
        fields: list[str] = []

    def by_force(self, rows: Any, _name: str, value: str) -> Any:
        """Those that hold today, or all the others."""
        held = rows.in_force()
        return held if value == "true" else rows.exclude(pk__in=held.values("pk"))


class MeetingFilter(filters.FilterSet):
    """Meetings of the committee from the first to the last day, both included."""

    first = filters.DateFilter(field_name="date", lookup_expr="gte", label=_("From"))
    last = filters.DateFilter(field_name="date", lookup_expr="lte", label=_("Until"))

    class Meta:
        model = ReviewMeeting
        fields: list[str] = []
