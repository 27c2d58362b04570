"""Lists of the product as tables: whose rows, how they are filtered, and their columns.

A list is a row of `LISTS` and nothing more: `reporting/list_files.py` gives it its addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import FilterSet

from habitat_tracker.accounts.models import User
from outcomes.models import StatedFigure
from plans.models import StrategicPlan
from projects.documents.sections import amounts
from projects.filters import (
    BudgetLineFilter,
    ConditionFilter,
    DelegationFilter,
    DocumentFilter,
    ExchangeRateFilter,
    LabFilter,
    LessonFilter,
    MeetingFilter,
    ProductApplicationFilter,
    StoryFilter,
)
from projects.models import (
    BudgetLine,
    Condition,
    Delegation,
    ExchangeRate,
    InnovationLab,
    Lesson,
    ProductApplication,
    Project,
    ProjectDocument,
    ReviewMeeting,
    Story,
)
from reporting.filters import StatedFilter

from .projects import MOST_EXPORTED
from .tables import Amount, Cell, Table, amount, asked_for, number

# A heading, and what stands under it: the way from the row to a value, or a function of the row.
Column = tuple[Any, str | Callable[[Any], Any]]


@dataclass(frozen=True)
class ListFile:
    """A list that becomes a file."""

    name: str
    title: Any
    filter: type[FilterSet]
    rows: Callable[[StrategicPlan, User], Any]
    columns: tuple[Column, ...]


def list_table(listed: ListFile, asked: FilterSet) -> Table:
    """The rows asked for; read from the database as written."""
    rows = asked.qs[:MOST_EXPORTED].iterator(chunk_size=2_000)
    as_of = timezone.now().strftime("%Y-%m-%d %H:%M UTC")
    return Table(
        name=str(listed.title),
        notes=[(_("As of"), as_of), *asked_for(asked.form)],
        columns=[str(heading) for heading, _value in listed.columns],
        rows=([_cell(one, value) for _heading, value in listed.columns] for one in rows),
    )


def _cell(row: Any, value: str | Callable[[Any], Any]) -> Cell:
    if not isinstance(value, str):
        return _plain(value(row))
    for name in value.split("."):
        row = getattr(row, name, None)
    return _plain(row() if callable(row) else row)


def _plain(value: Any) -> Cell:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return timezone.localdate(value)
    if isinstance(value, Decimal) and not isinstance(value, Amount):
        return number(value)
    return value if value is None or isinstance(value, int | Decimal | date) else str(value)


def money(name: str) -> Callable[[Any], Amount | None]:
    """A sum of money of a row, to the cent."""
    return lambda row: amount(getattr(row, name))


def _projects(plan: StrategicPlan, user: User) -> Any:
    return Project.objects.visible_to(user).filter(plan=plan)


LISTS = (
    ListFile(
        "lessons",
        gettext_lazy("Lessons"),
        LessonFilter,
        lambda plan, user: (
            Lesson.objects.visible_to(user)
            .filter(project__plan=plan)
            .select_related("project__office", "outcome", "country")
            .order_by("-entered_at", "-pk")
        ),
        (
            (gettext_lazy("Project"), "project.code"),
            (gettext_lazy("Title"), "project.title"),
            (gettext_lazy("Office"), "project.office.code"),
            (gettext_lazy("Outcome"), "outcome.code"),
            (gettext_lazy("Country"), "country"),
            (gettext_lazy("Situation"), "context"),
            (gettext_lazy("What was learned"), "learned"),
            (gettext_lazy("How to use it"), "use"),
            (gettext_lazy("Recorded"), "entered_at"),
        ),
    ),
    ListFile(
        "conditions",
        gettext_lazy("Conditions"),
        ConditionFilter,
        lambda plan, user: (
            Condition.objects.visible_to(user)
            .filter(appraisal__plan=plan)
            .select_related("appraisal__document__project", "appraisal__office")
            .select_related("answered_by", "settled_by")
            .order_by("due", "pk")
        ),
        (
            (gettext_lazy("Project"), "appraisal.document.project.code"),
            (gettext_lazy("Title"), "appraisal.document.project.title"),
            (gettext_lazy("Office"), "appraisal.office.code"),
            (gettext_lazy("Decided on"), "appraisal.decided_on"),
            (gettext_lazy("Condition"), "text"),
            (gettext_lazy("Due"), "due"),
            (gettext_lazy("Before it begins"), "before_start"),
            (gettext_lazy("Met"), "is_met"),
            (gettext_lazy("Overdue"), "is_overdue"),
            (gettext_lazy("What was done"), "answer"),
            (gettext_lazy("Answered on"), "answered_at"),
            (gettext_lazy("Answered by"), "answered_by"),
            (gettext_lazy("Settled on"), "settled_at"),
            (gettext_lazy("Settled by"), "settled_by"),
            (gettext_lazy("Remark"), "remark"),
        ),
    ),
    ListFile(
        "documents",
        gettext_lazy("Project documents"),
        DocumentFilter,
        lambda plan, user: (
            ProjectDocument.objects.visible_to(user)
            .filter(project__plan=plan)
            .select_related("project__office", "entered_by")
            .order_by("project__code", "number")
        ),
        (
            (gettext_lazy("Project"), "project.code"),
            (gettext_lazy("Title"), "project.title"),
            (gettext_lazy("Office"), "project.office.code"),
            (gettext_lazy("Document"), "get_kind_display"),
            (gettext_lazy("Number"), "number"),
            (gettext_lazy("Status"), "get_status_display"),
            (gettext_lazy("Budget, in US dollars"), lambda one: amount(amounts(one.content)[0])),
            (gettext_lazy("Of it earmarked"), lambda one: amount(amounts(one.content)[1])),
            (gettext_lazy("Reason"), "reason"),
            (gettext_lazy("Entered by"), "entered_by"),
            (gettext_lazy("Entered at"), "entered_at"),
            (gettext_lazy("Approved at"), "approved_at"),
        ),
    ),
    ListFile(
        "product-applications",
        gettext_lazy("Products that projects apply"),
        ProductApplicationFilter,
        lambda plan, user: (
            ProductApplication.objects.visible_to(user)
            .filter(project__plan=plan)
            .select_related("project__office", "deliverable__project", "entered_by")
            .order_by("deliverable", "pk")
        ),
        (
            (gettext_lazy("Product"), "deliverable.title"),
            (gettext_lazy("Delivered by"), "deliverable.project.code"),
            (gettext_lazy("Project"), "project.code"),
            (gettext_lazy("Title"), "project.title"),
            (gettext_lazy("Office"), "project.office.code"),
            (gettext_lazy("How it applies it"), "how"),
            (gettext_lazy("Since"), "since"),
            (gettext_lazy("Entered by"), "entered_by"),
            (gettext_lazy("Withdrawn at"), "withdrawn_at"),
            (gettext_lazy("Why it was withdrawn"), "withdrawal_reason"),
        ),
    ),
    ListFile(
        "stories",
        gettext_lazy("Stories of impact"),
        StoryFilter,
        lambda plan, user: (
            Story.objects.visible_to(user)
            .filter(project__plan=plan)
            .select_related("project__office", "country")
            .order_by("-entered_at", "-pk")
        ),
        (
            (gettext_lazy("Project"), "project.code"),
            (gettext_lazy("Office"), "project.office.code"),
            (gettext_lazy("Country"), "country"),
            (gettext_lazy("Title"), "title"),
            (gettext_lazy("Text"), "text"),
            (gettext_lazy("Status"), "get_status_display"),
            (gettext_lazy("Published"), "published_at"),
            (gettext_lazy("Link"), "link"),
        ),
    ),
    ListFile(
        "labs",
        gettext_lazy("Innovation labs"),
        LabFilter,
        lambda plan, user: (
            InnovationLab.objects.visible_to(user)
            .filter(plan=plan)
            .select_related("office", "country")
            .prefetch_related("projects")
            .order_by("name", "pk")
        ),
        (
            (gettext_lazy("Name"), "name"),
            (gettext_lazy("Office"), "office.code"),
            (gettext_lazy("Country"), "country"),
            (gettext_lazy("City"), "city"),
            (gettext_lazy("Host"), "host"),
            (gettext_lazy("Status"), "get_status_display"),
            (
                gettext_lazy("Projects"),
                lambda lab: "; ".join(sorted(one.code for one in lab.projects.all())),
            ),
            (gettext_lazy("Link"), "link"),
            (gettext_lazy("Source"), "source"),
        ),
    ),
    ListFile(
        "delegations",
        gettext_lazy("Delegated authority"),
        DelegationFilter,
        lambda plan, user: (
            Delegation.objects.visible_to(user)
            .filter(plan=plan)
            .select_related("person", "office")
            .order_by("office__path", "person__name", "-start", "pk")
        ),
        (
            (gettext_lazy("Person"), "person"),
            (gettext_lazy("Office"), "office.code"),
            (gettext_lazy("Level"), "get_level_display"),
            (gettext_lazy("Up to, in US dollars"), money("most_usd")),
            (gettext_lazy("From"), "start"),
            (gettext_lazy("Until"), "until"),
            (gettext_lazy("Document"), "document"),
        ),
    ),
    ListFile(
        "meetings",
        gettext_lazy("Meetings of the review committee"),
        MeetingFilter,
        lambda plan, user: (
            ReviewMeeting.objects.visible_to(user).filter(plan=plan).with_decisions()
        ),
        (
            (gettext_lazy("Date"), "date"),
            (gettext_lazy("Chair"), "chair"),
            (gettext_lazy("Decisions"), "decided"),
            (gettext_lazy("Approved"), "approved"),
            (gettext_lazy("Minutes"), "minutes"),
            (gettext_lazy("Note"), "note"),
        ),
    ),
    ListFile(
        "exchange-rates",
        gettext_lazy("Exchange rates"),
        ExchangeRateFilter,
        lambda plan, user: ExchangeRate.objects.visible_to(user).order_by("-month", "currency"),
        (
            (gettext_lazy("Currency"), "currency"),
            (gettext_lazy("Month"), lambda rate: f"{rate.month:%Y-%m}"),
            (gettext_lazy("Units for one US dollar"), "rate"),
            (gettext_lazy("Loaded"), "loaded_at"),
        ),
    ),
    ListFile(
        "budget-lines",
        gettext_lazy("Approved budget"),
        BudgetLineFilter,
        lambda plan, user: (
            BudgetLine.objects.filter(project__in=_projects(plan, user))
            .select_related("project__office")
            .order_by("project__code", "year", "donor", "-earmarked", "currency", "pk")
        ),
        (
            (gettext_lazy("Project"), "project.code"),
            (gettext_lazy("Title"), "project.title"),
            (gettext_lazy("Office"), "project.office.code"),
            (gettext_lazy("Year"), "year"),
            (gettext_lazy("Donor"), "donor"),
            (gettext_lazy("Earmarked"), "earmarked"),
            (gettext_lazy("Currency"), "currency"),
            (gettext_lazy("Amount"), money("amount")),
            (gettext_lazy("Rate"), "rate"),
            (gettext_lazy("Month of the rate"), lambda line: f"{line.rate_month:%Y-%m}"),
            (gettext_lazy("US dollars"), money("usd")),
            (gettext_lazy("Recorded"), "recorded_at"),
        ),
    ),
    ListFile(
        "stated",
        gettext_lazy("What documents state"),
        StatedFilter,
        lambda plan, user: (
            StatedFigure.objects.visible_to(user)
            .filter(plan=plan)
            .select_related("office", "theme", "part_of")
            .prefetch_related("parts")
            .order_by("position", "key")
        ),
        (
            (gettext_lazy("Key"), "key"),
            (gettext_lazy("Topic"), "get_topic_display"),
            (gettext_lazy("What"), "text"),
            (gettext_lazy("Part of"), "part_of.key"),
            (gettext_lazy("Office"), "office.code"),
            (gettext_lazy("Theme"), "theme.code"),
            (gettext_lazy("Qualifier"), "get_qualifier_display"),
            (gettext_lazy("Stated"), "amount"),
            (gettext_lazy("In words"), "value_text"),
            (gettext_lazy("Unit"), "unit"),
            (gettext_lazy("As of"), "as_of"),
            (gettext_lazy("From"), "window_start"),
            (gettext_lazy("Until"), "window_end"),
            (gettext_lazy("Paragraph"), "paragraph"),
            (gettext_lazy("Passage"), "quote"),
            (gettext_lazy("Source"), "source"),
        ),
    ),
)
