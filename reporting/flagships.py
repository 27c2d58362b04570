"""The flagship programmes of a plan: what they serve, their projects, money and progress."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count

from habitat_tracker.accounts.models import User
from outcomes.choices import StatedTopic
from outcomes.models import StatedFigure
from plans.choices import ThemeKind
from plans.models import Theme
from projects.choices import ProjectStatus, Status
from projects.models import Project, Result
from projects.money import MoneyRow, money_summary

from .pages import OutcomeRow, plan_page
from .selection import Selection


@dataclass(frozen=True)
class Flagship:
    """A flagship programme: the outcomes that it serves, and what its own projects come to.

    `results` is how many results of its projects are approved. The outcomes stand as all projects
    report on them, not only its own.
    """

    theme: Theme
    outcomes: list[OutcomeRow]
    projects: Counter[str]
    results: int
    row: MoneyRow
    stated: list[StatedFigure]

    @property
    def by_status(self) -> list[tuple[ProjectStatus, int]]:
        """Its projects by status, where there are any."""
        return [
            (one, self.projects[one.value]) for one in ProjectStatus if self.projects[one.value]
        ]


@dataclass(frozen=True)
class FlagshipsPage:
    """All flagship programmes, and what documents state of them together."""

    flagships: list[Flagship]
    stated: list[StatedFigure]
    has_money: bool


def flagships_page(selection: Selection, user: User) -> FlagshipsPage:
    """Every flagship programme of the plan; a fixed number of queries.

    Results of outcomes and money are as of the selection's moment, projects as they stand.
    """
    plan = selection.plan
    themes = Theme.objects.filter(plan=plan, kind=ThemeKind.FLAGSHIP).order_by("position", "code")
    results = plan_page(selection, user)
    rows = {row.outcome.pk: row for block in results.domains for row in block.outcomes}
    counted: dict[int, Counter[str]] = {}
    projects = Project.objects.visible_to(user).filter(plan=plan, flagship__isnull=False)
    found = projects.counted().order_by().values_list("flagship", "status")
    for flagship, status, number in found.annotate(Count("pk")):
        counted.setdefault(flagship, Counter())[status] = number
    approved = Result.objects.filter(line__project__in=projects, status=Status.APPROVED).order_by()
    reported = dict(approved.values_list("line__project__flagship").annotate(Count("pk")))
    summary = money_summary(plan, moment=selection.moment)
    money = {row.of.pk: row for row in summary.flagships if row.of}
    stated = list(StatedFigure.objects.visible_to(user).on(plan, StatedTopic.FLAGSHIP))
    return FlagshipsPage(
        flagships=[
            Flagship(
                theme=theme,
                outcomes=[rows[one.pk] for one in theme.outcomes.all() if one.pk in rows],
                projects=counted.get(theme.pk, Counter()),
                results=reported.get(theme.pk, 0),
                row=money[theme.pk],
                stated=[one for one in stated if one.theme_id == theme.pk],
            )
            for theme in themes.prefetch_related("outcomes")
        ],
        stated=[one for one in stated if one.theme_id is None],
        has_money=any(row.money.parts for row in money.values()),
    )
