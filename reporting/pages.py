"""What the pages of figures show, put together from stored figures and the rules of progress.

Each builder reads with a fixed number of queries, however many projects there are, and
returns rows that templates only loop over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.links import is_web_address
from habitat_tracker.names import by_name
from outcomes.choices import Basis, Kind, Owner, StatedTopic
from outcomes.models import (
    Category,
    Contributor,
    Indicator,
    Outcome,
    RatingLevel,
    RegionalStrategy,
    StaleFigure,
    StatedFigure,
    StatusOverride,
)
from outcomes.rollup.reader import Figures, FigureValue, read, unspecified
from outcomes.scopes import of_country, of_office
from plans.choices import MandateKind, ThemeKind
from plans.models import Domain, Mandate, PlanRevision, ReportingPeriod, StrategicPlan, Theme
from projects.choices import ProjectKind, Rank
from projects.models import Alignment, Evidence, Note, Project, ProjectIndicator

from .progress import NOTHING, Progress, Spread, Yardstick, assess, spread, yardsticks
from .selection import Scope, Selection, scope_of_country, scope_of_office


@dataclass(frozen=True)
class IndicatorRow:
    """One indicator in one scope: its figure, what it is held against, and how it stands."""

    indicator: Indicator
    figure: FigureValue
    yardstick: Yardstick
    progress: Progress
    milestone: Any = None
    levels: list[tuple[str, FigureValue]] = field(default_factory=list)
    updating: bool = False

    @property
    def has_yardstick(self) -> bool:
        """Whether a baseline, milestone or target is set."""
        return self.yardstick != NOTHING

    @property
    def parts(self) -> tuple[Indicator, FigureValue, Progress]:
        """As the rules of progress put several together."""
        return self.indicator, self.figure, self.progress


@dataclass(frozen=True)
class OutcomeRow:
    """One outcome on the plan's page."""

    outcome: Outcome
    spread: Spread
    updating: bool


@dataclass(frozen=True)
class DomainBlock:
    """One domain of change with its outcomes."""

    domain: Domain
    spread: Spread
    outcomes: list[OutcomeRow]


@dataclass(frozen=True)
class PlanPage:
    """The plan at a glance."""

    spread: Spread
    headlines: list[IndicatorRow]
    domains: list[DomainBlock]
    others: list[tuple[str, list[IndicatorRow]]]
    notes: list[Note]
    has_targets: bool
    updating: bool


def indicators_of(selection: Selection, user: User) -> Any:
    """The plan's indicators; each knows whether its figures are being updated, and what a
    reviewer said of its status in the selected scope and period.
    """
    stale = StaleFigure.objects.filter(plan=selection.plan, indicator=OuterRef("pk"))
    judged = StatusOverride.objects.at(selection.moment).filter(
        indicator=OuterRef("pk"),
        scope=selection.scope.number,
        period=selection.period.number,
        basis=selection.basis,
    )
    return (
        Indicator.objects.visible_to(user)
        .filter(plan=selection.plan)
        .annotate(
            is_updating=Exists(stale),
            judged_status=Subquery(judged.values("status")[:1]),
            judged_reason=Subquery(judged.values("reason")[:1]),
        )
        .order_by("position", "code")
    )


def indicator_rows(
    indicators: Sequence[Indicator],
    figures: Figures,
    selection: Selection,
    standards: dict[tuple[int, int], Yardstick],
    scope: int | None = None,
) -> list[IndicatorRow]:
    """How each indicator stands in a scope (the selected one) at the selected period."""
    where = selection.scope.number if scope is None else scope
    rows = []
    for indicator in indicators:
        figure = figures.get(indicator, where, selection.period.number, selection.basis)
        yardstick = standards.get((indicator.pk, where), NOTHING)
        rows.append(
            IndicatorRow(
                indicator=indicator,
                figure=figure,
                yardstick=yardstick,
                progress=assess(figure, yardstick, selection.settings, selection.period),
                milestone=_next_milestone(yardstick, selection.period),
                updating=selection.moment is None and getattr(indicator, "is_updating", False),
            )
        )
    return rows


def _next_milestone(yardstick: Yardstick, period: ReportingPeriod) -> Any:
    """The milestone that comes next, or the last one passed."""
    coming = [row for row in yardstick.milestones if row.date >= period.end]
    return coming[0] if coming else (yardstick.milestones[-1] if yardstick.milestones else None)


def _read(
    indicators: Iterable[Indicator],
    selection: Selection,
    scopes: Iterable[int],
    periods: tuple[int, int] | None = None,
    cells: bool = False,
) -> Figures:
    number = selection.period.number
    return read(
        indicators,
        periods=periods or (number, number),
        scopes=scopes,
        bases=(selection.basis,),
        cells=cells,
        moment=selection.moment,
    )


def plan_page(selection: Selection, user: User) -> PlanPage:
    """Headlines, domains and outcomes in the selected scope."""
    plan = selection.plan
    indicators = list(indicators_of(selection, user))
    outcomes = _outcomes_of(plan, user)
    figures = _read(indicators, selection, [selection.scope.number])
    standards = yardsticks(indicators, [selection.scope.number], selection.moment)
    rows = indicator_rows(indicators, figures, selection, standards)
    by_outcome = _by_outcome(rows)
    by_domain: dict[int | None, list[IndicatorRow]] = {}
    for row in rows:
        by_domain.setdefault(row.indicator.domain_id, []).append(row)
    blocks: list[DomainBlock] = []
    for line in _outcome_rows(outcomes, by_outcome, selection):
        if not blocks or blocks[-1].domain != line.outcome.domain:
            blocks.append(DomainBlock(line.outcome.domain, line.spread, []))
        blocks[-1].outcomes.append(line)
    for at, block in enumerate(blocks):
        held = [row for line in block.outcomes for row in by_outcome.get(line.outcome.pk, [])]
        held += [row for row in by_domain.get(block.domain.pk, []) if row not in held]
        blocks[at] = replace(block, spread=_spread(held, selection))
    return PlanPage(
        spread=_spread(rows, selection),
        headlines=[row for row in rows if row.indicator.is_headline],
        domains=blocks,
        others=_others(rows),
        has_targets=any(row.yardstick.target for row in rows),
        notes=notes_of(selection, user, project__plan=plan, outcome=None),
        updating=any(row.updating for row in rows),
    )


def outcomes_by_scope(
    selection: Selection, scopes: Sequence[int], user: User
) -> dict[int, list[OutcomeRow]]:
    """How every outcome stands in each scope; as many queries for many scopes as for one."""
    indicators = list(indicators_of(selection, user))
    outcomes = _outcomes_of(selection.plan, user)
    figures = _read(indicators, selection, scopes)
    standards = yardsticks(indicators, scopes, selection.moment)
    found = {}
    for scope in scopes:
        rows = indicator_rows(indicators, figures, selection, standards, scope)
        found[scope] = _outcome_rows(outcomes, _by_outcome(rows), selection)
    return found


def _outcomes_of(plan: StrategicPlan, user: User) -> list[Outcome]:
    """The outcomes of the plan in their order, each with its domain."""
    rows = Outcome.objects.visible_to(user).filter(plan=plan).select_related("domain")
    return list(rows.order_by("domain__position", "domain__code", "position", "code"))


def _by_outcome(rows: Iterable[IndicatorRow]) -> dict[int | None, list[IndicatorRow]]:
    found: dict[int | None, list[IndicatorRow]] = {}
    for row in rows:
        found.setdefault(row.indicator.outcome_id, []).append(row)
    return found


def _outcome_rows(
    outcomes: Iterable[Outcome],
    by_outcome: dict[int | None, list[IndicatorRow]],
    selection: Selection,
) -> list[OutcomeRow]:
    """Each outcome with how its indicators stand together."""
    found = []
    for outcome in outcomes:
        held = by_outcome.get(outcome.pk, [])
        updating = any(row.updating for row in held)
        found.append(OutcomeRow(outcome, _spread(held, selection), updating))
    return found


def _spread(rows: Iterable[IndicatorRow], selection: Selection) -> Spread:
    return spread([row.parts for row in rows], selection.settings)


def _others(rows: list[IndicatorRow]) -> list[tuple[str, list[IndicatorRow]]]:
    """Indicators that belong to no outcome, by what they measure."""
    groups = []
    for owner in (Owner.DOMAIN, Owner.PLAN, Owner.CATALYTIC, Owner.ORGANIZATION):
        held = [
            row for row in rows if row.indicator.owner == owner and not row.indicator.is_headline
        ]
        if held:
            groups.append((str(owner.label), held))
    return groups


@dataclass(frozen=True)
class Supporting:
    """Projects that serve an outcome in one rank, and how many there are in all."""

    rank: str
    label: str
    projects: list[Project]


@dataclass(frozen=True)
class OutcomePage:
    """One outcome: its indicators, trends, offices, projects and notes."""

    outcome: Outcome
    spread: Spread
    rows: list[IndicatorRow]
    trends: list[Trend]
    offices: list[OfficeRow]
    silent: list[OfficeRow]
    projects: list[Supporting]
    sources: list[Project]
    notes: list[Note]
    updating: bool

    @property
    def by_office(self) -> list[tuple[Indicator, list[tuple[Scope, IndicatorRow]]]]:
        """The table by office: a row an indicator, a column an office."""
        return [
            (row.indicator, [(office.scope, office.rows[at]) for office in self.offices])
            for at, row in enumerate(self.rows)
        ]

    @property
    def has_projects(self) -> bool:
        """Whether any project serves the outcome."""
        return any(group.projects for group in self.projects)

    @property
    def has_yardsticks(self) -> bool:
        """Whether any of its figures is held against something."""
        return any(row.has_yardstick for row in self.rows)

    @property
    def not_drawn(self) -> list[Trend]:
        """Indicators with too few figures for a line; a table holds what there is."""
        return [one for one in self.trends if not one.is_drawn]


@dataclass(frozen=True)
class Trend:
    """An indicator's figures period by period in one scope."""

    indicator: Indicator
    points: list[tuple[ReportingPeriod, FigureValue]]
    yardstick: Yardstick

    @property
    def is_drawn(self) -> bool:
        """Whether there is a line to draw: a figure in two periods at least."""
        return sum(figure.to_date is not None for _period, figure in self.points) > 1


@dataclass(frozen=True)
class OfficeRow:
    """The figures of one office (or country) for the indicators of a table."""

    scope: Scope
    rows: list[IndicatorRow]

    @property
    def says_something(self) -> bool:
        """Whether anybody is expected to report, or anything was reported."""
        return any(
            row.figure.expected or row.figure.row.denominator is not None for row in self.rows
        )

    @property
    def reported(self) -> int:
        """n of "n of m reported" over the row."""
        return sum(row.figure.reported for row in self.rows)

    @property
    def expected(self) -> int:
        """m of "n of m reported" over the row."""
        return sum(row.figure.expected for row in self.rows)


def outcome_page(selection: Selection, code: str, user: User) -> OutcomePage | None:
    """The outcome with a code; None where there is none."""
    plan = selection.plan
    indicators = list(
        indicators_of(selection, user).filter(outcome__code=code).select_related("outcome__domain")
    )
    outcome = (
        indicators[0].outcome
        if indicators
        else Outcome.objects.visible_to(user)
        .filter(plan=plan, code=code)
        .select_related("domain")
        .first()
    )
    if outcome is None:
        return None
    places = [scope_of_office(office) for office in _offices_below(selection)]
    numbers = [selection.scope.number, *(place.number for place in places)]
    rated = any(indicator.kind == Kind.RATING for indicator in indicators)
    figures = _read(indicators, selection, numbers, (1, selection.period.number), cells=rated)
    standards = yardsticks(indicators, numbers, selection.moment)
    rows = indicator_rows(indicators, figures, selection, standards)
    if rated:
        rows = _with_levels(rows, figures, selection)
    projects = _supporting(outcome, selection, user)
    offices = [
        OfficeRow(place, indicator_rows(indicators, figures, selection, standards, place.number))
        for place in places
    ]
    speaking, silent = _by_voice(offices)
    return OutcomePage(
        outcome=outcome,
        spread=_spread(rows, selection),
        rows=rows,
        trends=[
            trend(row, figures, selection) for row in rows if row.indicator.kind != Kind.RATING
        ],
        offices=speaking,
        silent=silent,
        projects=[group for group in projects if group.rank],
        sources=[one for group in projects if not group.rank for one in group.projects],
        notes=notes_of(selection, user, outcome=outcome),
        updating=any(row.updating for row in rows),
    )


def trend(row: IndicatorRow, figures: Figures, selection: Selection) -> Trend:
    """The figures of a row up to the selected period."""
    scope = row.figure.scope
    return Trend(
        row.indicator,
        [
            (period, figures.get(row.indicator, scope, period.number, selection.basis))
            for period in selection.periods
            if period.number <= selection.period.number
        ],
        row.yardstick,
    )


def _with_levels(
    rows: list[IndicatorRow], figures: Figures, selection: Selection
) -> list[IndicatorRow]:
    """Ratings show how many stand at each level, the lowest first."""
    scope, period = selection.scope.number, selection.period.number
    levels: dict[int, list[RatingLevel]] = {}
    for level in RatingLevel.objects.filter(indicator__in=[row.indicator for row in rows]):
        levels.setdefault(level.indicator_id, []).append(level)
    shown = []
    for row in rows:
        counted = [
            (str(level), figures.get(row.indicator, scope, period, selection.basis, level.code))
            for level in levels.get(row.indicator.pk, [])
        ]
        shown.append(replace(row, levels=counted) if counted else row)
    return shown


def _supporting(outcome: Outcome, selection: Selection, user: User) -> list[Supporting]:
    """Projects by alignment rank; corporate sources that are aligned or report, under no rank."""
    aligned = Alignment.objects.filter(project=OuterRef("pk"), outcome=outcome)
    lines = ProjectIndicator.objects.filter(project=OuterRef("pk"), indicator__outcome=outcome)
    if selection.scope.country:
        lines = lines.filter(country=selection.scope.country)
    is_source = Q(kind=ProjectKind.CORPORATE_SOURCE)
    found = (
        Project.objects.visible_to(user)
        .accepted()
        .annotate(rank=Subquery(aligned.values("rank")[:1]))
        .filter(Q(rank__isnull=False) | is_source & Exists(lines))
        .select_related("office")
        .order_by("code")
    )
    if selection.scope.office:
        found = found.in_office(selection.scope.office)
    if selection.scope.country:
        here = Q(countries=selection.scope.country) | is_source & Exists(lines)
        found = found.filter(here).distinct()
    groups = {rank: Supporting(rank.value, str(rank.label), []) for rank in Rank}
    sources = Supporting("", "", [])
    project: Any
    for project in found:
        is_project = project.kind == ProjectKind.PROJECT
        group = groups[Rank(project.rank)] if is_project else sources
        group.projects.append(project)
    return [*groups.values(), sources]


def notes_of(selection: Selection, user: User, **about: Any) -> list[Note]:
    """Approved notes about an outcome (or a domain) up to the period, each with its passage."""
    evidence = Evidence.objects.filter(note=OuterRef("pk")).order_by("pk")
    notes = (
        Note.objects.visible_to(user)
        .filter(status="approved", period__number__lte=selection.period.number, **about)
        .select_related("project", "period", "domain")
        .annotate(
            evidence_title=Subquery(evidence.values("title")[:1]),
            evidence_passage=Subquery(evidence.values("passage")[:1]),
            evidence_quote=Subquery(evidence.values("quote")[:1]),
        )
        .order_by("period__number", "key")
    )
    if selection.moment is not None:
        notes = notes.filter(approved_at__lte=selection.moment)
    return list(notes)


@dataclass(frozen=True)
class CellRow:
    """One category of a breakdown, or the remainder of its dimension."""

    name: str
    figure: FigureValue | None = None
    rest: tuple[Fraction, Fraction | None] | None = None


@dataclass(frozen=True)
class Breakdown:
    """A dimension with its categories and what they leave of the total."""

    name: str
    additive: bool
    cells: list[CellRow]


@dataclass(frozen=True)
class IndicatorPage:
    """One indicator in full."""

    row: IndicatorRow
    trend: Trend
    breakdowns: list[Breakdown]
    offices: list[OfficeRow]
    countries: list[OfficeRow]
    feeders: list[IndicatorRow]
    updating: bool

    @property
    def places(self) -> list[tuple[str, str, list[OfficeRow], list[OfficeRow]]]:
        """The tables by office and by country: heading, column, who has something to say, and
        who has not.
        """
        return [
            (heading, column, *_by_voice(rows))
            for heading, column, rows in (
                (_("By office"), _("Office"), self.offices),
                (_("By country"), _("Country"), self.countries),
            )
        ]


def _by_voice(rows: list[OfficeRow]) -> tuple[list[OfficeRow], list[OfficeRow]]:
    """Those who report or are expected to, and the others."""
    speaking = [row for row in rows if row.says_something]
    return speaking, [row for row in rows if not row.says_something]


def indicator_page(selection: Selection, code: str, user: User) -> IndicatorPage | None:
    """The indicator with a code; None where there is none."""
    indicator = (
        indicators_of(selection, user)
        .filter(code=code)
        .select_related("outcome__domain", "domain", "feeds")
        .first()
    )
    if indicator is None:
        return None
    scope, period = selection.scope.number, selection.period.number
    feeders = list(indicator.feeders.all()) if indicator.is_headline else []
    countries = _countries(feeders or [indicator], selection)
    below = _offices_below(selection)
    here = [scope, *(of_office(office.pk) for office in below)]
    numbers = [*here, *(of_country(country.pk) for country in countries)]
    figures = _read([indicator], selection, numbers, (1, period), cells=True)
    standards = yardsticks([indicator, *feeders], numbers, selection.moment)
    row = indicator_rows([indicator], figures, selection, standards)[0]
    if indicator.kind == Kind.RATING:
        row = _with_levels([row], figures, selection)[0]

    def at(place: Scope) -> OfficeRow:
        return OfficeRow(
            place, indicator_rows([indicator], figures, selection, standards, place.number)
        )

    return IndicatorPage(
        row=row,
        trend=trend(row, figures, selection),
        breakdowns=_breakdowns(indicator, feeders, figures, scope, period, selection.basis),
        offices=[at(scope_of_office(office)) for office in below],
        countries=[at(scope_of_country(country)) for country in countries],
        feeders=indicator_rows(feeders, _read(feeders, selection, [scope]), selection, standards),
        updating=row.updating,
    )


def _offices_below(selection: Selection) -> list[Office]:
    """The offices right below the selected one; for the whole plan those below headquarters."""
    if selection.scope.country:
        return []
    if selection.scope.office is None:
        return selection.regions
    return [office for office in selection.offices if office.parent_id == selection.scope.office.pk]


def _countries(indicators: list[Indicator], selection: Selection) -> list[Country]:
    """The countries that anybody reports the indicators for, within the selected scope."""
    if selection.scope.country:
        return []
    held = Contributor.objects.filter(
        indicator__in=indicators, revisions__superseded_at__isnull=True
    )
    if selection.scope.office:
        held = held.filter(revisions__office__path__startswith=selection.scope.office.path)
    return by_name(Country.objects.filter(pk__in=held.values("revisions__country")))


def _breakdowns(
    indicator: Indicator,
    feeders: list[Indicator],
    figures: Figures,
    scope: int,
    period: int,
    basis: Basis,
) -> list[Breakdown]:
    """Cells by dimension in their order, with the unspecified remainder where there is one."""
    rest = unspecified(figures, indicator, scope, period, basis)
    found: dict[str, Breakdown] = {}
    seen: set[tuple[str, str]] = set()
    for category in (
        Category.objects.filter(indicator__in=feeders or [indicator])
        .select_related("dimension")
        .order_by("dimension__position", "dimension__code", "position", "code")
    ):
        dimension = category.dimension
        key = (dimension.code, category.code)
        if key in seen:
            continue
        seen.add(key)
        block = found.setdefault(dimension.code, Breakdown(str(dimension), dimension.additive, []))
        block.cells.append(
            CellRow(str(category), figures.get(indicator, scope, period, basis, category.code))
        )
    for code, left in rest.items():
        if code in found and left is not None and found[code].additive:
            found[code].cells.append(CellRow("", rest=left))
    return list(found.values())


def trend_of(selection: Selection, indicator: Indicator) -> Trend:
    """An indicator's figures up to the selected period, in the selected scope."""
    scope = selection.scope.number
    figures = _read([indicator], selection, [scope], (1, selection.period.number))
    standards = yardsticks([indicator], [scope], selection.moment)
    return trend(indicator_rows([indicator], figures, selection, standards)[0], figures, selection)


@dataclass(frozen=True)
class AboutPage:
    """What the plan rests on and what it names."""

    revisions: list[PlanRevision]
    mandates: list[tuple[str, list[Mandate]]]
    themes: list[tuple[str, list[Theme]]]
    strategies: list[RegionalStrategy]
    stated: list[tuple[str, list[StatedFigure]]]
    addresses: list[dict[str, str]]


def about_page(plan: StrategicPlan, user: User) -> AboutPage:
    """The plan's dates by decision, its legal record, themes, strategies and stated figures."""
    stated: dict[str, list[StatedFigure]] = {topic: [] for topic in StatedTopic.values}
    for figure in StatedFigure.objects.visible_to(user).filter(plan=plan).shown():
        stated[figure.topic].append(figure)
    mandates: dict[str, list[Mandate]] = {kind: [] for kind in MandateKind.values}
    for mandate in plan.mandates.order_by("date", "position"):
        mandates[mandate.kind].append(mandate)
    themes = plan.themes.order_by("position", "code").prefetch_related("outcomes").by_kind()
    return AboutPage(
        revisions=list(plan.revisions.order_by("recorded_at", "id")),
        mandates=[(str(MandateKind(kind).label), held) for kind, held in mandates.items() if held],
        themes=[
            (str(kind.label), themes[kind.value])
            for kind in ThemeKind
            if kind.value in themes and kind != ThemeKind.FRAMEWORK_TARGET  # a page of their own
        ],
        strategies=list(plan.regional_strategies.select_related("office")),
        stated=[(str(StatedTopic(topic).label), held) for topic, held in stated.items() if held],
        addresses=[one for one in plan.sources.values() if is_web_address(one.get("url", ""))],
    )
