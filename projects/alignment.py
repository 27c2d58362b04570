"""What a project serves of global frameworks: by itself, and through what it reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from outcomes.models import IndicatorFramework, ThemeLink
from plans.choices import ALIGNED_THEMES
from plans.models import Theme

from .choices import Rank
from .models import Alignment, Project, ProjectFramework


@dataclass
class Inherited:
    """A framework or target that a project serves through its indicators and outcomes."""

    theme: Theme
    indicators: list[IndicatorFramework] = field(default_factory=list)
    outcomes: list[ThemeLink] = field(default_factory=list)


@dataclass(frozen=True)
class Served:
    """What a project serves, its own links apart from what it inherits."""

    own: list[ProjectFramework]
    inherited: list[Inherited]


def served_by(project: Project) -> Served:
    """A project's own links and those of its indicators, their outcomes and its primary outcome.

    Three queries; the order is that of the plan.
    """
    indicators = project.lines.order_by().values("indicator")
    outcomes = project.lines.order_by().values("indicator__outcome")
    primary = Alignment.objects.filter(project=project, rank=Rank.PRIMARY)
    found: dict[int, Inherited] = {}
    of_indicators = IndicatorFramework.objects.filter(indicator__in=indicators)
    for link in of_indicators.select_related("theme", "indicator").order_by("indicator__code"):
        found.setdefault(link.theme_id, Inherited(link.theme)).indicators.append(link)
    of_outcomes = ThemeLink.objects.filter(theme__kind__in=ALIGNED_THEMES)
    for served in (
        (
            of_outcomes.filter(outcome__in=outcomes)
            | of_outcomes.filter(outcome__in=primary.order_by().values("outcome"))
        )
        .select_related("theme", "outcome")
        .order_by("outcome__position", "outcome__code")
    ):
        found.setdefault(served.theme_id, Inherited(served.theme)).outcomes.append(served)
    own = project.frameworks.select_related("theme").order_by("theme__position", "theme__code")
    inherited = sorted(found.values(), key=lambda one: (one.theme.position, one.theme.code))
    return Served(list(own), inherited)
