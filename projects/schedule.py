"""What each reporting line owes in each period, and what it has said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils import timezone

from outcomes.choices import State
from plans.models import ReportingPeriod

from .choices import OPEN, Status
from .models import LateEntry, ProjectIndicator, Result


class Owed(StrEnum):
    """How a line stands in a period; each is drawn differently."""

    ENTERED = "entered"
    OVERDUE = "overdue"
    DUE = "due"
    NOT_YET_DUE = "not_yet_due"
    MISSING = "missing"
    NOT_EXPECTED = "not_expected"


@dataclass(frozen=True)
class Openness:
    """Where results can be worked on now: in open periods, and where a late entry lets them in.

    `late` holds the (project, period) ids of late entries in force; one query for many rows.
    """

    late: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, *projects: int) -> Openness:
        """As it is today for these projects, or for all of them if none is named."""
        found = LateEntry.objects.in_force(timezone.localdate())
        if projects:
            found = found.filter(project__in=projects)
        return cls(frozenset(found.values_list("project_id", "period_id")))

    def takes(self, project_id: int, period: ReportingPeriod) -> bool:
        """Whether a project's results of a period can be worked on."""
        return period.is_open or (project_id, period.pk) in self.late


@dataclass(frozen=True)
class Slot:
    """One line in one period: the result that stands, the one being worked on, or what is owed.

    `result` is the approved revision where there is one, else the open one; `change` is a
    correction that is open beside an approved result.
    """

    line: ProjectIndicator
    period: ReportingPeriod
    owed: Owed
    result: Result | None = None
    change: Result | None = None


def standing(results: Iterable[Result]) -> tuple[Result | None, Result | None]:
    """The revision that is being worked on, and the approved one, of one line and period."""
    rows = list(results)
    working = next((row for row in rows if row.status in OPEN), None)
    return working, next((row for row in rows if row.status == Status.APPROVED), None)


def is_expected(line: ProjectIndicator, period: ReportingPeriod) -> bool:
    """A line is expected in a period that shares a day with its dates and is due in it."""
    if line.expected_from is None or line.expected_from > period.end:
        return False
    if line.expected_to is not None and line.expected_to < period.start:
        return False
    return period.ends(line.indicator.frequency)


def slots(
    lines: Iterable[ProjectIndicator],
    periods: Iterable[ReportingPeriod],
    results: Iterable[Result],
    today: date,
) -> dict[tuple[int, int], Slot]:
    """How every line stands in every period, by (line, period) id; periods in their order.

    `results` are those that the reader may see. What was last approved or submitted as not
    applicable ends the expectation until something is reported again.
    """
    found: dict[tuple[int, int], list[Result]] = defaultdict(list)
    for result in results:
        if result.status in (*OPEN, Status.APPROVED):
            found[(result.line_id, result.period_id)].append(result)
    in_order = sorted(periods, key=lambda period: period.number)
    table: dict[tuple[int, int], Slot] = {}
    for line in lines:
        applicable = True
        for period in in_order:
            held = found.get((line.pk, period.pk), [])
            working, approved = standing(held)
            owed = _owed(line, period, today, bool(held), applicable)
            table[(line.pk, period.pk)] = Slot(
                line,
                period,
                owed,
                approved or working,
                working if approved else None,
            )
            if approved and approved.state != State.NOT_AVAILABLE:
                applicable = approved.state != State.NOT_APPLICABLE
    return table


def _owed(
    line: ProjectIndicator, period: ReportingPeriod, today: date, entered: bool, applicable: bool
) -> Owed:
    if entered:
        return Owed.ENTERED
    if not applicable or not is_expected(line, period):
        return Owed.NOT_EXPECTED
    if period.is_closed:
        return Owed.MISSING
    if today > period.due:
        return Owed.OVERDUE
    return Owed.DUE if today > period.end else Owed.NOT_YET_DUE
