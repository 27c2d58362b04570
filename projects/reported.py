"""Who has reported: expected, sent and approved results of a period by office and indicator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Office, User
from outcomes.choices import Owner
from outcomes.models import Indicator, Outcome
from plans.models import Domain, ReportingPeriod, StrategicPlan

from .actions.reminders import PAUSE
from .choices import Status
from .models import Project, ProjectIndicator, Reminder, Result
from .schedule import Openness


@dataclass
class Tally:
    """Of so many expected lines so many were sent, of which so many are approved."""

    expected: int = 0
    sent: int = 0
    approved: int = 0

    def add(self, expected: int, sent: int, approved: int) -> None:
        """Add other lines."""
        self.expected += expected
        self.sent += sent
        self.approved += approved

    @property
    def missing(self) -> int:
        """Lines of which nothing was sent."""
        return self.expected - self.sent

    @property
    def is_complete(self) -> bool:
        """Whether something is expected, and all of it was sent."""
        return bool(self.expected) and not self.missing

    @property
    def words(self) -> str:
        """The same in a sentence."""
        if self.is_complete:
            text = _("all sent")
        elif not self.sent:
            text = _("nothing sent")
        else:
            text = ngettext("%(n)s missing", "%(n)s missing", self.missing) % {"n": self.missing}
        waiting = self.sent - self.approved
        if waiting:
            text += "; " + ngettext("%(n)s in review", "%(n)s in review", waiting) % {"n": waiting}
        return text


@dataclass(frozen=True)
class Column:
    """An outcome (or a domain, or what stands for the rest), or one indicator of the chosen one."""

    key: Any
    code: str
    title: str
    outcome: str = ""


@dataclass
class Row:
    """An office with all below it, or one project of the chosen office."""

    code: str
    title: str
    is_project: bool
    tally: Tally = field(default_factory=Tally)
    by_column: dict[Any, Tally] = field(default_factory=lambda: defaultdict(Tally))
    cells: list[tuple[Column, Tally]] = field(default_factory=list)
    # Projects that a reminder would reach now, and when one was last reminded.
    to_remind: int = 0
    reminded_at: datetime | None = None


@dataclass(frozen=True)
class Reported:
    """The page: its offices and projects, and the total of all of them."""

    office: Office | None
    above: tuple[Office, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row


def managed_offices(user: User) -> list[Office]:
    """The highest offices that somebody manages, each with all below it; all for a superuser."""
    found: list[Office] = []
    offices = Office.objects.order_by("path")
    if user.is_superuser:
        return list(offices.filter(parent__isnull=True))
    for office in offices.filter(roles__user=user, roles__role=Role.MANAGER).distinct():
        if not any(office.path.startswith(one.path) for one in found):
            found.append(office)
    return found


def usual_period(periods: Iterable[ReportingPeriod]) -> ReportingPeriod | None:
    """The period that is being reported: the last that is over and open, else the last begun."""
    begun = sorted((one for one in periods if one.has_begun()), key=lambda one: one.number)
    today = timezone.localdate()
    over = [one for one in begun if one.end < today and not one.is_closed]
    return next(reversed(over or begun), None)


def who_reported(
    plan: StrategicPlan,
    period: ReportingPeriod,
    managed: list[Office],
    office: Office | None,
    outcome: Outcome | None,
) -> Reported:
    """How the offices stand in a period: those below `office` and its own projects.

    Without an office: the managed ones. With an outcome its indicators are the columns. Eight
    queries, however many offices, projects and indicators.
    """
    tops = [office] if office else managed
    rows = _rows_of(plan, office, managed)
    total = Row("", "", is_project=False)
    openness = Openness.of()
    reminded = {
        one["project"]: one["last"]
        for one in Reminder.objects.filter(period=period)
        .values("project")
        .annotate(last=Max("at"))
        .order_by()
    }
    owing: dict[int, str] = {}
    for line in _counted(plan, period, tops, outcome):
        counts = (line["expected"], line["sent"], line["approved"])
        key = _key(line, outcome)
        project, path = line["project"], line["project__office__path"]
        if counts[0] > counts[1]:
            owing[project] = path
        for row in (total, *_rows_with(rows, project, path)):
            row.tally.add(*counts)
            row.by_column[key].add(*counts)
    since = timezone.now() - PAUSE
    for project, path in owing.items():
        last = reminded.get(project)
        open_now = openness.takes(project, period)
        for row in _rows_with(rows, project, path):
            if last and (row.reminded_at is None or last > row.reminded_at):
                row.reminded_at = last
            row.to_remind += open_now and (last is None or last < since)
    columns = _columns(plan, outcome, set(total.by_column))
    shown = [row for row in rows.values() if row.tally.expected]
    for row in (total, *shown):
        row.cells = [(column, row.by_column[column.key]) for column in columns]
    return Reported(office, _above(office, managed), columns, tuple(shown), total)


def _rows_of(
    plan: StrategicPlan, office: Office | None, managed: list[Office]
) -> dict[str | int, Row]:
    """The rows by an office's path or a project's id: offices first, then projects."""
    offices = Office.objects.filter(parent=office).order_by("path") if office else managed
    rows: dict[str | int, Row] = {
        one.path: Row(one.code, str(one), is_project=False) for one in offices
    }
    if office:
        for project in Project.objects.filter(plan=plan, office=office).order_by("code"):
            rows[project.pk] = Row(project.code, str(project.title), is_project=True)
    return rows


def _rows_with(rows: dict[str | int, Row], project: int, path: str) -> Iterable[Row]:
    """The rows that a project of an office belongs to: its own, and that of an office above."""
    if project in rows:
        yield rows[project]
    ids = path.strip("/").split("/")
    for depth in range(1, len(ids) + 1):
        above = f"/{'/'.join(ids[:depth])}/"
        if above in rows:
            yield rows[above]


def _counted(
    plan: StrategicPlan, period: ReportingPeriod, tops: list[Office], outcome: Outcome | None
) -> Any:
    """Expected, sent and approved lines by project and by what the columns are."""
    within = Q(pk__in=[])
    for office in tops:
        within |= Q(project__office__path__startswith=office.path)
    approved = Result.objects.filter(
        line=OuterRef("pk"), period=OuterRef("period_id"), status=Status.APPROVED
    )
    lines: Any = ProjectIndicator.objects.expected(plan, timezone.localdate())
    lines = lines.filter(within, period_id=period.pk).annotate(is_approved=Exists(approved))
    keys: tuple[str, ...] = ("indicator__owner", "indicator__outcome", "indicator__domain")
    if outcome:
        lines, keys = lines.filter(indicator__outcome=outcome), ("indicator",)
    return (
        lines.values("project", "project__office__path", *keys)
        .annotate(
            expected=Count("pk"),
            sent=Count("pk", filter=Q(is_in=True)),
            approved=Count("pk", filter=Q(is_approved=True)),
        )
        .order_by()
    )


def _key(line: dict[str, Any], outcome: Outcome | None) -> Any:
    if outcome:
        return line["indicator"]
    owner = line["indicator__owner"]
    number = {Owner.OUTCOME: "indicator__outcome", Owner.DOMAIN: "indicator__domain"}.get(owner)
    return owner, line[number] if number else None


def _columns(plan: StrategicPlan, outcome: Outcome | None, wanted: set[Any]) -> tuple[Column, ...]:
    """The columns that something is expected in, in the plan's order."""
    if outcome:
        indicators = Indicator.objects.filter(outcome=outcome, pk__in=wanted)
        return tuple(
            Column(one.pk, one.code, str(one.title)) for one in indicators.order_by("position")
        )
    columns = [
        Column((Owner.OUTCOME.value, one.pk), one.code, str(one.title), outcome=one.code)
        for one in Outcome.objects.filter(plan=plan).order_by("position", "code")
    ]
    columns += [
        Column((Owner.DOMAIN.value, one.pk), one.code, str(one.title))
        for one in Domain.objects.filter(plan=plan).order_by("position", "code")
    ]
    columns += [
        Column((owner.value, None), str(owner.label), str(owner.label))
        for owner in (Owner.PLAN, Owner.CATALYTIC, Owner.ORGANIZATION)
    ]
    return tuple(column for column in columns if column.key in wanted)


def _above(office: Office | None, managed: list[Office]) -> tuple[Office, ...]:
    """The offices above one, as far as they are managed too, the highest first."""
    if office is None:
        return ()
    return tuple(
        one
        for one in Office.objects.filter(pk__in=office.chain[:-1]).order_by("path")
        if any(one.path.startswith(top.path) for top in managed)
    )
