"""What the pages of regions show: strategy, results, projects, money, partners, countries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.utils import timezone

from habitat_tracker.accounts.models import Office, User
from outcomes.choices import StatedTopic
from outcomes.models import RegionalStrategy, StatedFigure
from outcomes.permissions import can_keep_strategy
from plans.models import StrategicPlan
from projects.choices import PartnerKind, ProjectStatus, Rank
from projects.models import Alignment, Partner, Project
from projects.money import Money, money_total

from .pages import OutcomeRow, PlanPage, plan_page
from .selection import Selection


@dataclass(frozen=True)
class RegionRow:
    """One region in the table of all."""

    office: Office
    strategy: RegionalStrategy | None

    @property
    def outcomes(self) -> list[str]:
        """The codes of the outcomes that its priorities serve, each once, in the plan's order."""
        if self.strategy is None:
            return []
        links = [link for one in self.strategy.current for link in one.outcome_links.all()]
        places = {link.outcome.code: link.outcome.position for link in links}
        return sorted(places, key=lambda code: (places[code], code))


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
    today: date
    stated: list[StatedFigure]
    may_keep: bool

    @property
    def outcomes(self) -> list[tuple[OutcomeRow, int]]:
        """Every outcome with how many of the region's projects serve it primarily."""
        rows = [row for block in self.results.domains for row in block.outcomes]
        return [(row, self.served.get(row.outcome.pk, 0)) for row in rows]


def _strategies(plan: StrategicPlan, user: User) -> dict[int, RegionalStrategy]:
    """The strategies of the plan by their office."""
    rows = RegionalStrategy.objects.visible_to(user).filter(plan=plan).with_priorities()
    return {one.office_id: one for one in rows}


def region_rows(plan: StrategicPlan, user: User) -> list[RegionRow]:
    """Every region with its strategy; a fixed number of queries."""
    strategies = _strategies(plan, user)
    offices = Office.objects.visible_to(user).regions()
    return [RegionRow(office, strategies.get(office.pk)) for office in offices]


def region_page(selection: Selection, office: Office, user: User) -> RegionPage:
    """A region: its strategy, results, projects, money, partners, and what the review states.

    Results and money are as of the selection's moment; projects are counted as they stand, and
    partners by the agreements in force today.
    """
    plan, today = selection.plan, timezone.localdate()
    rows = RegionalStrategy.objects.visible_to(user).filter(plan=plan, office=office)
    projects = Project.objects.visible_to(user).filter(plan=plan).counted().in_office(office)
    counted = dict(projects.order_by().values_list("status").annotate(Count("pk")))
    links = Alignment.objects.filter(project__in=projects, rank=Rank.PRIMARY).order_by()
    served = dict(links.values_list("outcome").annotate(Count("pk")))
    partners = Partner.objects.visible_to(user).filter(plan=plan).counting()
    partners = partners.agreed_with(office, today).order_by()
    kinds = dict(partners.values_list("kind").annotate(Count("pk")))
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
        unserved=sum(counted.values()) - sum(served.values()),
        money=money_total(plan, office=office, moment=selection.moment),
        partners=[
            (kind.value, str(kind.label), kinds[kind.value])
            for kind in PartnerKind
            if kind.value in kinds
        ],
        today=today,
        stated=list(stated.shown().order_by("position", "key")),
        may_keep=can_keep_strategy(user, office),
    )
