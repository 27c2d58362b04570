"""What outcomes, indicators and projects contribute to global frameworks and their targets.

Every builder reads with a fixed number of queries. A project counts for a target once, however
many links lead from it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Subquery

from habitat_tracker.accounts.models import Office, User
from outcomes.models import IndicatorFramework, Outcome, ThemeLink
from outcomes.rollup.reader import read
from plans.models import Domain, StrategicPlan, Theme
from projects.models import Alignment, Project, ProjectFramework
from projects.querysets import contributes_to

from .pages import IndicatorRow, indicator_rows, indicators_of
from .progress import yardsticks
from .selection import Selection


@dataclass(frozen=True)
class TargetRow:
    """A framework or a target: what serves it, and how many projects in the scope."""

    theme: Theme
    outcomes: list[ThemeLink]
    indicators: list[IndicatorFramework]
    projects: int
    targets: int = 0

    @property
    def is_matched(self) -> bool:
        """Whether anything serves it."""
        return bool(self.outcomes or self.indicators or self.projects)


def frameworks_page(plan: StrategicPlan, user: User, office: Office | None) -> list[TargetRow]:
    """Each framework with what serves it or its targets; a project of an office and below."""
    themes = _themes(plan, user)
    wholes = [one for one in themes if one.part_of_id is None]
    groups = [
        [one.pk, *(part.pk for part in themes if part.part_of_id == one.pk)] for one in wholes
    ]
    return _rows(wholes, groups, _projects(plan, user, office))


def _themes(plan: StrategicPlan, user: User) -> list[Theme]:
    rows = Theme.objects.visible_to(user).filter(plan=plan).aligned()
    return list(rows.order_by("position", "code"))


def _projects(plan: StrategicPlan, user: User, office: Office | None) -> Any:
    found = Project.objects.visible_to(user).filter(plan=plan).counted()
    return found.in_office(office) if office else found


def _rows(
    themes: Sequence[Theme], groups: Sequence[Sequence[int]], projects: Any
) -> list[TargetRow]:
    """A row for each theme, of the links to it or any of its group. Three queries."""
    every = {key for group in groups for key in group}
    outcomes = list(
        ThemeLink.objects.filter(theme__in=every)
        .select_related("outcome")
        .order_by("outcome__position", "outcome__code", "pk")
    )
    indicators = list(
        IndicatorFramework.objects.filter(theme__in=every)
        .select_related("indicator")
        .order_by("indicator__position", "indicator__code", "pk")
    )
    counts = (
        projects.order_by().aggregate(
            **{
                f"n{at}": Count("pk", filter=contributes_to(list(group)))
                for at, group in enumerate(groups)
            }
        )
        if groups
        else {}
    )
    rows = []
    for at, (theme, group) in enumerate(zip(themes, groups, strict=True)):
        rows.append(
            TargetRow(
                theme,
                _once(outcomes, group, "outcome_id"),
                _once(indicators, group, "indicator_id"),
                counts[f"n{at}"],
                len(group) - 1,
            )
        )
    return rows


def _once(links: Sequence[Any], group: Sequence[int], of: str) -> list[Any]:
    """The links to any theme of a group, one for each outcome or indicator."""
    found: dict[int, Any] = {}
    for link in links:
        if link.theme_id in group:
            found.setdefault(getattr(link, of), link)
    return list(found.values())


@dataclass(frozen=True)
class FrameworkPage:
    """A framework or a target in full."""

    theme: Theme
    framework: Theme | None
    targets: list[TargetRow]
    domains: list[Domain]
    domains_of_plan: int
    outcomes: list[ThemeLink]
    indicators: list[tuple[IndicatorFramework, IndicatorRow]]
    offices: list[tuple[Office, int]]
    themes: list[int]

    @property
    def matched(self) -> int:
        """How many targets anything serves."""
        return sum(row.is_matched for row in self.targets)


def framework_page(selection: Selection, code: str, user: User) -> FrameworkPage | None:
    """What contributes to the framework or target with a code; None where there is none."""
    plan = selection.plan
    themes = _themes(plan, user)
    theme = next((one for one in themes if one.code == code), None)
    if theme is None:
        return None
    parts = [one for one in themes if one.part_of_id == theme.pk]
    group = [theme.pk, *(one.pk for one in parts)]
    projects = _projects(plan, user, selection.scope.office)
    if selection.scope.country:
        projects = projects.filter(countries=selection.scope.country)
    targets = _rows(parts, [[one.pk] for one in parts], projects)
    outcomes = list(
        ThemeLink.objects.filter(theme__in=group)
        .select_related("outcome__domain", "theme")
        .order_by("outcome__position", "outcome__code", "theme__position", "pk")
    )
    # Where a framework has targets, it is its targets that match a domain.
    matching = [link for link in outcomes if not parts or link.theme_id != theme.pk]
    domains = {link.outcome.domain_id: link.outcome.domain for link in matching}
    return FrameworkPage(
        theme=theme,
        framework=next((one for one in themes if one.pk == theme.part_of_id), None),
        targets=targets,
        domains=sorted(domains.values(), key=lambda one: one.position),
        domains_of_plan=Domain.objects.filter(plan=plan).count(),
        outcomes=outcomes,
        indicators=_indicators(selection, group, user),
        offices=_by_office(projects.contributing_to(group), selection),
        themes=group,
    )


def _indicators(
    selection: Selection, group: Sequence[int], user: User
) -> list[tuple[IndicatorFramework, IndicatorRow]]:
    """The indicators that serve a framework, each with its figure in the selected scope."""
    links = list(
        IndicatorFramework.objects.filter(theme__in=group)
        .select_related("theme")
        .order_by("theme__position", "pk")
    )
    keys = {link.indicator_id for link in links}
    indicators = list(indicators_of(selection, user).filter(pk__in=keys))
    number, scope = selection.period.number, selection.scope.number
    figures = read(
        indicators,
        periods=(number, number),
        scopes=[scope],
        bases=(selection.basis,),
        moment=selection.moment,
    )
    standards = yardsticks(indicators, [scope], selection.moment)
    rows = indicator_rows(indicators, figures, selection, standards)
    return [(link, row) for row in rows for link in links if link.indicator_id == row.indicator.pk]


def _by_office(projects: Any, selection: Selection) -> list[tuple[Office, int]]:
    """How many projects contribute in each office itself, in the order of the offices' tree."""
    counted = dict(projects.order_by().values_list("office").annotate(n=Count("pk", distinct=True)))
    return [(office, counted[office.pk]) for office in selection.offices if office.pk in counted]


def contributing_projects(rows: Any, themes: Sequence[int]) -> Any:
    """Projects for a list: each knows whether it is aligned by itself, how sure, and by what."""
    own = ProjectFramework.objects.filter(project=OuterRef("pk"), theme__in=themes)
    first = own.order_by("theme__position", "pk")
    return (
        rows.annotate(
            is_own=Exists(own),
            own_confidence=Subquery(first.values("confidence")[:1]),
            own_source=Subquery(first.values("source")[:1]),
        )
        .select_related("office")
        .prefetch_related(
            "countries", Prefetch("alignments", Alignment.objects.select_related("outcome"))
        )
        .order_by("code")
    )


def indicator_alignment(
    indicator: Any,
) -> tuple[list[IndicatorFramework], list[ThemeLink]]:
    """What an indicator serves itself, and what its outcome serves. Two queries at most."""
    own = indicator.frameworks.select_related("theme").order_by("theme__position", "theme__code")
    outcome: Outcome | None = indicator.outcome
    if outcome is None:
        return list(own), []
    through = ThemeLink.objects.filter(outcome=outcome, theme__in=Theme.objects.aligned())
    return list(own), list(through.select_related("theme").order_by("theme__position", "pk"))
