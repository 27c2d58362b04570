"""What waits for a person: the same for the page My work, for where sign-in leads, for e-mails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.accounts.permissions import has_role_anywhere, roles_of
from plans.choices import ReviewSteps
from plans.models import StrategicPlan

from .choices import EDITABLE, Status
from .models import Comment, LateEntry, Note, ProjectIndicator, Reminder, Result
from .permissions import can_review_at_headquarters
from .querysets import within_offices

# Projects that a page lists of one period; its totals count all.
MOST_PROJECTS = 50
COMMENTS_FOR = timedelta(days=30)


@dataclass(frozen=True)
class OwedProject:
    """What one project owes in one period, in lines. `until` is the last day of a late entry."""

    code: str
    title: Any
    expected: int
    filled: int
    drafts: int
    until: date | None = None

    @property
    def missing(self) -> int:
        """Lines of which nothing was sent, drafts included."""
        return self.expected - self.filled


@dataclass
class OwedPeriod:
    """What somebody's projects owe in one period, in lines, with the first projects by code."""

    label: str
    end: date
    due: date
    projects_in_all: int
    missing: int
    drafts: int
    projects: list[OwedProject] = field(default_factory=list)

    @property
    def days(self) -> int:
        """Days until the due date; below 0 where it has passed."""
        return (self.due - timezone.localdate()).days

    @property
    def is_over(self) -> bool:
        """Whether the period itself has ended."""
        return self.end < timezone.localdate()

    @property
    def words(self) -> str:
        """The deadline in words."""
        return deadline(self.days)

    @property
    def more(self) -> int:
        """Projects that are not listed."""
        return self.projects_in_all - len(self.projects)


def deadline(days: int) -> str:
    """How far a due date is away: “due in 5 days”, “3 days late”."""
    if days == 0:
        return _("due today")
    if days > 0:
        return ngettext("due in %(n)s day", "due in %(n)s days", days) % {"n": days}
    return ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": -days}


def owed_by(user: User, plan: StrategicPlan, most: int = MOST_PROJECTS) -> list[OwedPeriod]:
    """What the projects that somebody reports for owe, the nearest or longest overdue period first.

    Four queries, however many projects and periods.
    """
    lines = _lines_to_report(user, plan)
    missing = Count("pk", filter=Q(is_in=False))
    begun = Result.objects.filter(status__in=EDITABLE)
    keys = ("period_id", "period_label", "period_end", "period_due", "period_number")
    periods = {
        row["period_id"]: OwedPeriod(
            label=row["period_label"],
            end=row["period_end"],
            due=row["period_due"],
            projects_in_all=row["projects"],
            missing=row["missing"],
            drafts=0,
        )
        for row in lines.filter(is_in=False)
        .values(*keys)
        .annotate(missing=Count("pk"), projects=Count("project", distinct=True))
        .order_by("period_due", "period_number")
    }
    if not periods:
        return []
    drafts: dict[tuple[int, int], int] = {}
    for project, period, number in (
        begun.filter(
            within_offices(user, "line__project__", Role.REPORTER),
            line__project__plan=plan,
            period__in=periods,
        )
        .values_list("line__project", "period")
        .annotate(number=Count("pk"))
        .order_by()
    ):
        drafts[(project, period)] = number
        periods[period].drafts += number
    until = {
        (entry.project_id, entry.period_id): entry.until
        for entry in LateEntry.objects.in_force(timezone.localdate()).filter(period__in=periods)
    }
    rows = (
        lines.filter(period_id__in=periods)
        .values("period_id", "project", "project__code", "project__title")
        .annotate(expected=Count("pk"), missing=missing)
        .filter(missing__gt=0)
        .order_by("project__code")
    )
    for row in rows.iterator(chunk_size=500):
        period = periods[row["period_id"]]
        if len(period.projects) < most:
            place = (row["project"], row["period_id"])
            period.projects.append(
                OwedProject(
                    code=row["project__code"],
                    title=row["project__title"],
                    expected=row["expected"],
                    filled=row["expected"] - row["missing"],
                    drafts=drafts.get(place, 0),
                    until=until.get(place),
                )
            )
    return list(periods.values())


def _lines_to_report(user: User, plan: StrategicPlan) -> Any:
    """The lines of somebody's projects, by period, where they can be reported now."""
    lines: Any = ProjectIndicator.objects.to_report(plan, timezone.localdate())
    return lines.filter(within_offices(user, "project__", Role.REPORTER))


def returned_to(user: User, plan: StrategicPlan) -> Any:
    """Results that came back to somebody: their own, and those of their offices."""
    mine = Q(pk__in=Result.authors.through._default_manager.filter(user=user).values("result"))
    mine |= within_offices(user, "line__project__", Role.REPORTER)
    return (
        Result.objects.visible_to(user)
        .of_plan(plan)
        .filter(mine, status=Status.RETURNED)
        .with_names()
        .order_by("-changed_at")
    )


def returned_notes(user: User, plan: StrategicPlan) -> Any:
    """Notes of somebody's own that came back."""
    return (
        Note.objects.visible_to(user)
        .of_plan(plan)
        .filter(authors=user, status=Status.RETURNED)
        .with_names()
    )


def to_review(model: Any, user: User, plan: StrategicPlan) -> Any:
    """Results or notes (`model`) that wait for a reviewer of somebody's offices, oldest first.

    What an office has verified, in a plan of two steps, waits for headquarters alone.
    """
    rows = (
        model.objects.visible_to(user)
        .of_plan(plan)
        .of_offices(user, Role.REVIEWER)
        .awaiting_review()
    )
    if plan.review_steps == ReviewSteps.TWO and not can_review_at_headquarters(user):
        return rows.filter(status=Status.SUBMITTED)
    return rows


def comments_for(user: User, plan: StrategicPlan, since: Any = None) -> Any:
    """What others said about results of somebody's own in the last 30 days, the newest first."""
    return (
        Comment.objects.filter(
            at__gte=since or timezone.now() - COMMENTS_FOR,
            result__line__project__plan=plan,
            result__in=Result.objects.visible_to(user).filter(authors=user),
        )
        .exclude(by=user)
        .select_related(
            "by",
            "result__period",
            "result__line__project",
            "result__line__indicator",
            "result__line__country",
            "result__line__city",
        )
        .order_by("-at", "-pk")
    )


def reminders_for(user: User, plan: StrategicPlan) -> list[Reminder]:
    """What somebody was reminded of and still owes, the newest of each project and period."""
    found: dict[tuple[int, int], Reminder] = {}
    for one in Reminder.objects.waiting_for(user).filter(project__plan=plan)[:500]:
        found.setdefault((one.project_id, one.period_id), one)
    if not found:
        return []
    lines: Any = ProjectIndicator.objects.owed(plan, timezone.localdate())
    owing = set(
        lines.filter(project__in={project for project, _period in found})
        .values_list("project", "period_id")
        .distinct()
    )
    return [one for place, one in found.items() if place in owing]


def plan_to_work_on(user: User, plans: Iterable[Any]) -> Any:
    """Of these plans the first in which something waits for somebody, or None."""
    for plan in plans:
        if has_role_anywhere(user, Role.REVIEWER) and (
            to_review(Result, user, plan).exists() or to_review(Note, user, plan).exists()
        ):
            return plan
        if has_role_anywhere(user, Role.REPORTER) and (
            _lines_to_report(user, plan).filter(is_in=False).exists()
            or returned_to(user, plan).exists()
        ):
            return plan
    return None


def works_on_results_only(user: User) -> bool:
    """Whether somebody reports or reviews, and manages nothing: for them work is the first page."""
    roles = {role for role, _path in roles_of(user)} - {Role.READER}
    return not user.is_superuser and bool(roles) and roles <= {Role.REPORTER, Role.REVIEWER}
