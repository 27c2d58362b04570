"""What the pages of regions show: each region's strategy with its priorities."""

from __future__ import annotations

from dataclasses import dataclass

from habitat_tracker.accounts.models import Office, User
from outcomes.models import RegionalStrategy
from outcomes.permissions import can_keep_strategy
from plans.models import StrategicPlan


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
    may_keep: bool


def _strategies(plan: StrategicPlan, user: User) -> dict[int, RegionalStrategy]:
    """The strategies of the plan by their office."""
    rows = RegionalStrategy.objects.visible_to(user).filter(plan=plan).with_priorities()
    return {one.office_id: one for one in rows}


def region_rows(plan: StrategicPlan, user: User) -> list[RegionRow]:
    """Every region with its strategy; a fixed number of queries."""
    strategies = _strategies(plan, user)
    offices = Office.objects.visible_to(user).regions()
    return [RegionRow(office, strategies.get(office.pk)) for office in offices]


def region_page(plan: StrategicPlan, office: Office, user: User) -> RegionPage:
    """A region with its strategy."""
    rows = RegionalStrategy.objects.visible_to(user).filter(plan=plan, office=office)
    return RegionPage(
        office=office,
        strategy=rows.with_priorities().first(),
        may_keep=can_keep_strategy(user, office),
    )
