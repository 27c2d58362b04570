"""What the pages of regions show: strategy, results, projects, money, partners, countries.

The table of all and the page of one count by the same functions, so that they say the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count

from habitat_tracker.accounts.models import Office, User
from outcomes.choices import StatedTopic, Status
from outcomes.models import RegionalStrategy, StatedFigure
from outcomes.permissions import can_keep_strategy
from outcomes.scopes import of_office
from plans.models import StrategicPlan
from projects.choices import PartnerKind, ProjectStatus
from projects.models import Project, ProjectRevision
from projects.money import Money, money_by_office, money_total
from projects.partners import partners_in_force

from .countries import RegionCountries, RegionCounts, region_countries, region_counts
from .pages import OutcomeRow, PlanPage, outcomes_by_scope, plan_page
from .selection import Selection


@dataclass(frozen=True)
class RegionRow:
    """One region in the table of all."""

    office: Office
    strategy: RegionalStrategy | None
    results: list[OutcomeRow]
    projects: Counter[str]
    money: Money
    partners: int
    countries: RegionCounts
    day: date

    @property
    def outcomes(self) -> list[str]:
        """The codes of the outcomes that its priorities serve, each once, in the plan's order."""
        if self.strategy is None:
            return []
        links = [link for one in self.strategy.current for link in one.outcome_links.all()]
        places = {link.outcome.code: link.outcome.position for link in links}
        return sorted(places, key=lambda code: (places[code], code))

    @property
    def statuses(self) -> Counter[Status]:
        """How many of the plan's outcomes stand at each status."""
        return Counter(row.spread.status for row in self.results)

    @property
    def active(self) -> int:
        """Projects that are under way."""
        return self.projects[ProjectStatus.ACTIVE]

    @property
    def all_projects(self) -> int:
        """Projects of every status."""
        return self.projects.total()

    @property
    def updating(self) -> bool:
        """Whether a figure behind it is being computed again."""
        return any(row.updating for row in self.results)


@dataclass(frozen=True)
class RegionPage:
    """One region."""

    office: Office
    strategy: RegionalStrategy | None
    results: PlanPage
    projects: list[tuple[str, str, int]]
    served: dict[int, int]
    unserved: int
    money: Money
    partners: list[tuple[str, str, int]]
    countries: RegionCountries
    day: date
    stated: list[StatedFigure]
    may_keep: bool

    @property
    def outcomes(self) -> list[tuple[OutcomeRow, int]]:
        """Every outcome with how many of the region's projects serve it primarily."""
        rows = [row for block in self.results.domains for row in block.outcomes]
        return [(row, self.served.get(row.outcome.pk, 0)) for row in rows]


def region_rows(selection: Selection, offices: Iterable[Office], user: User) -> list[RegionRow]:
    """Regions with what each comes to; as many queries for many as for one.

    All of it is as of the selection's moment, but strategies, which are as they stand now.
    """
    plan, moment, asked = selection.plan, selection.moment, list(offices)
    strategies = RegionalStrategy.objects.visible_to(user).filter(plan=plan, office__in=asked)
    held = {one.office_id: one for one in strategies.with_priorities()}
    scopes = {office.pk: of_office(office.pk) for office in asked}
    results = outcomes_by_scope(selection, list(scopes.values()), user)
    projects = _by_status(_standing(plan, asked, user, moment), asked)
    money = money_by_office(plan, asked, moment)
    partners = partners_in_force(plan, asked, user, selection.today, moment)
    countries = region_counts(plan, asked, user, moment)
    return [
        RegionRow(
            office=office,
            strategy=held.get(office.pk),
            results=results[scopes[office.pk]],
            projects=projects[office.pk],
            money=money[office.pk],
            partners=partners[office.pk].total(),
            countries=counts,
            day=selection.today,
        )
        for office, counts in zip(asked, countries, strict=True)
    ]


def _standing(
    plan: StrategicPlan, offices: Sequence[Office], user: User, moment: datetime | None
) -> Any:
    """Projects of offices and of all below them, as each belonged and stood at a moment."""
    seen = Project.objects.visible_to(user).filter(plan=plan).counted()
    kept = ProjectRevision.objects.at(moment).filter(project__in=seen)
    return kept.filter(office__in=Office.objects.below(list(offices))).order_by()


def _by_status(standing: Any, offices: Sequence[Office]) -> dict[int, Counter[str]]:
    """Projects by office (with all below it) and status; one query."""
    found: dict[int, Counter[str]] = {office.pk: Counter() for office in offices}
    for path, status, n in standing.values_list("office__path", "status").annotate(Count("pk")):
        for office in offices:
            if path.startswith(office.path):
                found[office.pk][status] += n
    return found


def region_page(selection: Selection, office: Office, user: User) -> RegionPage:
    """A region: strategy, results, projects, money, partners, countries, what the review states.

    All of it is as of the selection's moment, but the strategy and what the review states, which
    are as they stand now.
    """
    plan, moment = selection.plan, selection.moment
    rows = RegionalStrategy.objects.visible_to(user).filter(plan=plan, office=office)
    standing = _standing(plan, [office], user, moment)
    counted = _by_status(standing, [office])[office.pk]
    serving = standing.filter(outcome__isnull=False)
    served = dict(serving.values_list("outcome").annotate(Count("pk")))
    kinds = partners_in_force(plan, [office], user, selection.today, moment)[office.pk]
    stated = StatedFigure.objects.visible_to(user).filter(
        plan=plan, topic=StatedTopic.REGION, office=office
    )
    return RegionPage(
        office=office,
        strategy=rows.with_priorities().first(),
        results=plan_page(selection, user),
        projects=[
            (status.value, str(status.label), counted[status.value])
            for status in ProjectStatus
            if status.value in counted
        ],
        served=served,
        unserved=counted.total() - sum(served.values()),
        money=money_total(plan, office=office, moment=moment),
        partners=[
            (kind.value, str(kind.label), kinds[kind.value])
            for kind in PartnerKind
            if kind.value in kinds
        ],
        countries=region_countries(plan, office, user, moment),
        day=selection.today,
        stated=list(stated.shown().order_by("position", "key")),
        may_keep=can_keep_strategy(user, office),
    )
