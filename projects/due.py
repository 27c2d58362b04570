"""What projects have to report in a period: for the grid, and for the sheets that come back."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from outcomes import scopes
from outcomes.choices import State
from outcomes.models import Milestone, Target
from plans.models import ReportingPeriod, StrategicPlan

from .choices import EDITABLE, PENDING, Status
from .models import Project, ProjectIndicator, Result
from .querysets import within_offices
from .schedule import Openness, is_expected, standing


class DueLines:
    """The lines of projects in a period: what stands, what came last, what is planned.

    Read with a number of queries that does not grow. `only_due` leaves out what is neither
    expected in the period nor being worked on. `now` holds the revisions of each line, the
    latest first; `planned` is the target of the line itself or what is planned next for its
    country, and has nothing where the plan sets nothing for that place.
    """

    def __init__(
        self, projects: Iterable[Project], period: ReportingPeriod, *, only_due: bool = False
    ) -> None:
        self.projects = list(projects)
        self.period = period
        lines = list(
            ProjectIndicator.objects.filter(project__in=self.projects)
            .select_related(
                "project__office", "project__plan", "indicator__plan", "indicator__outcome"
            )
            .select_related("country", "city", "contributor")
            .order_by("project__code", "indicator__position", "indicator__code", "position", "pk")
        )
        self.now, self.last = _results(lines, period)
        self.lines = [
            line
            for line in lines
            if not only_due
            or is_expected(line, period)
            or any(row.status in EDITABLE for row in self.now.get(line.pk, []))
        ]
        self.planned = _planned(self.lines, period)
        self.openness = Openness.of(*(project.pk for project in self.projects))

    def takes(self, line: ProjectIndicator) -> bool:
        """Whether the line's results of the period can be worked on."""
        return self.openness.takes(line.project_id, self.period)

    def is_open(self, line: ProjectIndicator) -> bool:
        """Whether something can be entered: nothing stands yet, or a draft does."""
        working, approved = standing(self.now.get(line.pk, []))
        return self.takes(line) and (working.status in EDITABLE if working else approved is None)


def reported_by(user: User, plan: StrategicPlan) -> Any:
    """The projects of a plan that somebody reports for."""
    return Project.objects.visible_to(user).filter(
        within_offices(user, "", Role.REPORTER), plan=plan
    )


def owing(user: User, period: ReportingPeriod) -> Any:
    """Those of them that owe something in a period, or in which something is begun."""
    owed: Any = ProjectIndicator.objects.owed(period.plan, timezone.localdate())
    return reported_by(user, period.plan).filter(
        Exists(owed.filter(period_id=period.pk, project=OuterRef("pk")))
        | Exists(
            Result.objects.filter(line__project=OuterRef("pk"), period=period, status__in=EDITABLE)
        )
    )


def _results(
    lines: list[ProjectIndicator], period: ReportingPeriod
) -> tuple[dict[int, list[Result]], dict[int, Result]]:
    """By line: what stands in the period (the latest revision first), and the last value before."""
    before = Result.objects.filter(
        line=OuterRef("pk"),
        period__number__lt=period.number,
        status__in=(Status.APPROVED, *PENDING),
        state=State.REPORTED,
    ).order_by("-period__number", "-revision")
    asked = ProjectIndicator.objects.filter(pk__in=[line.pk for line in lines])
    last_ids = [pk for (pk,) in asked.values_list(Subquery(before.values("pk")[:1])) if pk]
    now: dict[int, list[Result]] = {}
    last: dict[int, Result] = {}
    for row in (
        Result.objects.filter(
            Q(line__in=[line.pk for line in lines], period=period) | Q(pk__in=last_ids)
        )
        .exclude(status__in=(Status.WITHDRAWN, Status.SUPERSEDED))
        .with_names()
        .with_co_delivery()
        .prefetch_related("credits")
        .order_by("-revision")
    ):
        if row.period_id == period.pk:
            now.setdefault(row.line_id, []).append(row)
        else:
            last[row.line_id] = row
    return now, last


def _planned(lines: list[ProjectIndicator], period: ReportingPeriod) -> dict[int, Decimal]:
    """By line: its own target, else the next milestone of its country, else that one's target.

    A line of a city, or of no country, has its own target or none: a number of a larger place
    would mislead.
    """
    places: dict[int, list[tuple[int, int]]] = {}
    for line in lines:
        own = [(line.indicator_id, scopes.of_contributor(line.contributor_id))]
        if line.country and not line.city_id:
            own.append((line.indicator_id, scopes.of_country(line.country.m49)))
        places[line.pk] = own
    asked = [place for own in places.values() for place in own]
    found: dict[tuple[int, int], Decimal] = {}
    for model in (Milestone, Target):
        for row in (
            model._default_manager.at(None)
            .filter(
                indicator__in={indicator for indicator, _scope in asked},
                scope__in={scope for _indicator, scope in asked},
                date__gte=period.end,
            )
            .order_by("date")
        ):
            found.setdefault((row.indicator_id, row.scope), row.value)
    return {
        pk: found[place] for pk, own in places.items() for place in reversed(own) if place in found
    }
