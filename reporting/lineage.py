"""Why this number: what a figure is made of, and what was left out and why.

The ledger is read once, in the order of the rule book (time first, then place), and every
posting that the rule looked at is told with what it adds to the figure. The figure itself
comes from the engine; `Explanation.adds_up` says that the two agree, and the tests hold them
to it for every rule.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Office
from outcomes import scopes
from outcomes.choices import (
    TOTAL,
    Across,
    Basis,
    Kind,
    OverTime,
    Qualifier,
    ScopeKind,
    State,
)
from outcomes.models import (
    Category,
    ContributorRevision,
    Indicator,
    Measurement,
    PostedThing,
    RatingLevel,
    StaleFigure,
    Thing,
    ThingMerge,
)
from outcomes.rollup.reader import FigureValue, read
from outcomes.rollup.rules import RulesAt, rules_at, shared_cells
from plans.models import PlanRevision, ReportingPeriod
from projects.models import ProjectIndicator, Result

from . import words
from .progress import NOTHING, Progress, assess, yardsticks

# How many of each list of what was left out get their names on a page.
FIRST = 50


@dataclass(frozen=True)
class Posted:
    """One live posting, as the rules see it."""

    id: Any
    contributor: int
    period: int
    cell: str
    state: str
    numerator: Fraction | None
    denominator: Fraction | None
    unnamed: Fraction
    rating: str
    qualifier: int
    source: str
    recorded_on: int
    indicator: int
    office: int


@dataclass(frozen=True)
class Contribution:
    """One result that a figure looked at, and what it adds.

    `value` is what was reported; `counted` what it adds to the figure (a percentage adds a
    numerator and a denominator). `is_counted` is false where the rule looked at it and took
    another, and `remark` says why. Where the reader may not see the result itself, `result`
    is empty.
    """

    posted: Posted
    period: ReportingPeriod
    value: Fraction | None
    counted: Fraction
    counted_denominator: Fraction = Fraction(0)
    is_counted: bool = True
    remark: str = ""
    is_shared: bool = False
    things: tuple[Thing, ...] = ()
    already: int = 0
    line: ProjectIndicator | None = None
    result: Result | None = None
    is_hidden: bool = False

    @property
    def evidence(self) -> list[Any]:
        """The files, links and passages behind the result."""
        return list(self.result.evidence.all()) if self.result else []

    @property
    def qualifier(self) -> Qualifier:
        """How exact the value is."""
        return Qualifier(self.posted.qualifier)

    @property
    def correction(self) -> str:
        """Why the result was corrected and what stood before; empty where it is no correction."""
        before = self.result.corrects if self.result else None
        if self.result is None or before is None:
            return ""
        kind = self.line.indicator.kind if self.line else ""
        said = {
            "value": words.reported_text(before, kind, self.posted.cell),
            "why": self.result.correction_reason,
        }
        if not said["value"]:
            return _("A correction: %(why)s") % said
        return _("A correction of “%(value)s”: %(why)s") % said


@dataclass(frozen=True)
class Missing:
    """A contributor that reported nothing usable for the period, and why it is left out."""

    line: ProjectIndicator | None
    source: str
    office: Office
    period: ReportingPeriod
    since: ReportingPeriod | None = None


@dataclass(frozen=True)
class Replaced:
    """A posting that a correction, or a withdrawal, took out of the figure."""

    source: str
    period: ReportingPeriod
    line: ProjectIndicator | None
    text: str
    withdrawn_at: datetime
    reason: str
    is_corrected: bool


@dataclass(frozen=True)
class Waiting:
    """What is submitted and waits for approval, and what the figure would be with it."""

    count: int
    would_be: str
    results: list[Result] = field(default_factory=list)

    @property
    def unseen(self) -> int:
        """How many belong to offices whose work in progress the reader does not see."""
        return self.count - len(self.results)


@dataclass(frozen=True)
class Explanation:
    """A figure with everything that it is made of."""

    indicator: Indicator
    scope: int
    period: ReportingPeriod
    basis: Basis
    cell: str
    cell_name: str
    moment: datetime | None
    figure: FigureValue
    progress: Progress
    text: str
    formula: list[str]
    contributions: list[Contribution]
    looked_at: list[Contribution]
    hidden: int
    hidden_counted: Fraction
    waiting: Waiting | None
    missing: list[Missing]
    not_available: list[Missing]
    not_applicable: list[Missing]
    unusable: list[Contribution]
    replaced: list[Replaced]
    shared: Fraction
    levels: list[tuple[str, int]]
    copies: int
    updating: bool

    @property
    def total(self) -> Fraction | None:
        """What the contributions add up to; None where there is none or nothing is added up."""
        counted = self.contributions
        if not counted or self.figure.is_not_added_up:
            return None
        if self.figure.kind == Kind.PERCENTAGE:
            denominator = sum((one.counted_denominator for one in counted), Fraction(0))
            return 100 * sum((one.counted for one in counted), Fraction(0)) / denominator
        return sum((one.counted for one in counted), Fraction(0))

    @property
    def adds_up(self) -> bool:
        """Whether the contributions add up to the figure."""
        if self.figure.kind == Kind.RATING and not self.cell:
            return True
        return self.updating or self.total == self.figure.to_date

    @property
    def nothing_left_out(self) -> bool:
        """Whether everything that could count does."""
        return not (
            self.waiting
            or self.missing
            or self.not_available
            or self.not_applicable
            or self.looked_at
            or self.unusable
            or self.replaced
        )

    @property
    def is_rating(self) -> bool:
        """Whether levels are shown in place of a value."""
        return self.indicator.kind == Kind.RATING


def cells_of(indicator: Indicator) -> dict[str, str]:
    """The names of an indicator's cells (categories, levels of a rating) by code."""
    if indicator.kind == Kind.RATING:
        levels = RatingLevel.objects.filter(indicator=indicator)
        return {level.code: str(level) for level in levels}
    source: Iterable[Any] = indicator.feeders.all() if indicator.is_headline else [indicator]
    return {
        category.code: str(category) for category in Category.objects.filter(indicator__in=source)
    }


def explain(
    indicator: Indicator,
    *,
    scope: int,
    period: ReportingPeriod,
    basis: Basis,
    cell: str = TOTAL,
    moment: datetime | None = None,
    user: Any = None,
    settings: PlanRevision | None = None,
    window: slice | None = None,
) -> Explanation:
    """What a figure is made of, now or as of a moment.

    Without a user (on the command line) everything is shown; else results that are not
    approved and belong to other offices are only counted. With a window only that part of the
    contributions (and the first of each list of what was left out) gets its names and evidence.
    """
    rules = rules_at(indicator, moment)
    sources = list(rules.sources) if rules else []
    periods = {one.number: one for one in ReportingPeriod.objects.filter(plan=indicator.plan_id)}
    figures = read(
        [indicator],
        periods=(period.number, period.number),
        scopes=[scope],
        bases=(Basis.OFFICIAL, Basis.PROVISIONAL),
        moment=moment,
    )
    figure = figures.get(indicator, scope, period.number, basis, cell)
    updating = (
        moment is None
        and StaleFigure.objects.filter(plan=indicator.plan_id, indicator=indicator).exists()
    )
    settings = settings or PlanRevision.objects.at(moment).filter(plan=indicator.plan_id).first()
    standard = yardsticks([indicator], [scope], moment).get((indicator.pk, scope), NOTHING)
    reader = _Reader(indicator, rules, sources, scope, period, basis, cell, moment, periods)
    weighed = _weigh(reader)
    names = _Names(reader, weighed, user, window)
    counted = [names.add(one) for one in weighed.counted]
    hidden = [one for one in counted if one.is_hidden]
    missing = _missing(reader, names)
    waiting = None
    if basis == Basis.OFFICIAL:
        would_be = figures.get(indicator, scope, period.number, Basis.PROVISIONAL, cell)
        waiting = _waiting(reader, words.figure_text(would_be, indicator), user)
    return Explanation(
        indicator=indicator,
        scope=scope,
        period=period,
        basis=basis,
        cell=cell,
        cell_name=cells_of(indicator).get(cell, cell) if cell else "",
        moment=moment,
        figure=figure,
        progress=assess(figure, standard, settings, period)
        if settings
        else Progress(status="no_data"),  # type: ignore[arg-type]
        text=words.figure_text(figure, indicator),
        formula=words.formula(indicator),
        contributions=counted,
        looked_at=[names.add(one) for one in weighed.looked_at],
        hidden=len(hidden),
        hidden_counted=sum((one.counted for one in hidden), Fraction(0)),
        waiting=waiting,
        missing=missing["due"],
        not_available=missing["not_available"],
        not_applicable=missing["not_applicable"],
        unusable=[names.add(one) for one in weighed.unusable],
        replaced=_replaced(reader, names),
        shared=sum((one.counted for one in counted if one.is_shared), Fraction(0)),
        levels=_levels(indicator, weighed.counted),
        copies=reader.copies,
        updating=updating,
    )


def named(contributions: Iterable[Contribution]) -> list[Contribution]:
    """Contributions outside of `explain`'s window, with their project, place and result too.

    Those that the reader may not see stay without names. As many queries for one as for many.
    """
    told = list(contributions)
    seen = [one for one in told if not one.is_hidden]
    lines = {
        line.contributor_id: line
        for line in ProjectIndicator.objects.with_names().filter(
            contributor__in={one.posted.contributor for one in seen}
        )
    }
    ids = {pk for one in seen if (pk := result_id(one.posted.source))}
    found = Result.objects.with_names().with_corrected().with_co_delivery().filter(pk__in=ids)
    results = {row.pk: row for row in found}
    return [
        one
        if one.is_hidden
        else replace(
            one,
            line=lines.get(one.posted.contributor),
            result=results.get(result_id(one.posted.source) or 0),
        )
        for one in told
    ]


# --- Reading the ledger ------------------------------------------------------------------


class _Reader:
    """The postings of one figure: what counts at the moment, in its scope, up to the period."""

    def __init__(
        self,
        indicator: Indicator,
        rules: RulesAt | None,
        sources: list[int],
        scope: int,
        period: ReportingPeriod,
        basis: Basis,
        cell: str,
        moment: datetime | None,
        periods: dict[int, ReportingPeriod],
    ) -> None:
        self.indicator = indicator
        self.rules = rules
        self.sources = sources
        self.scope = scope
        self.period = period
        self.basis = basis
        self.cell = cell
        self.moment = moment
        self.periods = periods
        kind, pk = scopes.split(scope)
        self.office = Office.objects.get(pk=pk) if kind == ScopeKind.OFFICE else None
        # The rows of the scope, of postings and of contributors alike.
        self.within = Q()
        if kind == ScopeKind.COUNTRY:
            self.within = Q(country=pk)
        if self.office is not None:
            self.within = Q(office__path__startswith=self.office.path)
        self.copies = 0

    @property
    def is_headline(self) -> bool:
        return self.indicator.is_headline

    @property
    def kind(self) -> str:
        return self.indicator.kind

    def postings(self, basis: Basis | None = None) -> list[Posted]:
        """Live postings by contributor and period; a headline takes each result once."""
        if self.rules is None:
            return []
        wanted = {TOTAL} if self.kind == Kind.RATING else {TOTAL, self.cell}
        if self.is_headline and self.cell and self.cell not in shared_cells(self.sources):
            wanted = {TOTAL}
        rows = (
            Measurement.objects.live(self.moment)
            .filter(
                self.within,
                plan=self.indicator.plan_id,
                indicator__in=self.sources,
                basis=basis or self.basis,
                period__lte=self.period.number,
                cell__in=wanted,
            )
            .values_list(*_COLUMNS)
        )
        found = [_posted(row) for row in rows]
        # As the engine does: of the copies of one result the one on its own indicator counts.
        found.sort(
            key=lambda row: (
                row.contributor,
                row.period,
                row.cell,
                row.recorded_on != row.indicator,
                row.indicator,
            )
        )
        if not self.is_headline:
            return found
        once: dict[tuple[int, int, str], Posted] = {}
        for row in found:
            once.setdefault((row.contributor, row.period, row.cell), row)
        self.copies = len(found) - len(once)
        return list(once.values())

    def usable(self, row: Posted) -> bool:
        """Whether a reported row holds a value that the rule can take."""
        if self.kind == Kind.PERCENTAGE:
            return row.numerator is not None and bool(row.denominator and row.denominator > 0)
        if self.kind == Kind.DISTINCT:
            return row.cell == TOTAL
        if self.kind == Kind.RATING:
            return bool(row.rating)
        return row.numerator is not None

    def pending(self) -> set[str]:
        """What counts on the provisional basis only: submitted, waiting for approval."""
        official = {row.source for row in self.postings(Basis.OFFICIAL)}
        return {row.source for row in self.postings(Basis.PROVISIONAL)} - official

    def is_shared(self, row: Posted) -> bool:
        """Whether a credit brought it from another indicator."""
        return not self.is_headline and row.recorded_on != row.indicator


_COLUMNS = (
    "id",
    "contributor_id",
    "period",
    "cell",
    "state",
    "numerator",
    "denominator",
    "unnamed",
    "rating",
    "qualifier",
    "source",
    "recorded_on_id",
    "indicator_id",
    "office_id",
)


def _posted(row: tuple[Any, ...]) -> Posted:
    (pk, contributor, period, cell, state, numerator, denominator, unnamed, *rest) = row
    return Posted(
        pk,
        contributor,
        period,
        cell,
        state,
        None if numerator is None else Fraction(numerator),
        None if denominator is None else Fraction(denominator),
        Fraction(unnamed or 0),
        *rest,
    )


# --- The rules, told ------------------------------------------------------------------------


@dataclass
class _Weighed:
    """What the rule took, what it looked at and passed over, and what it could not use."""

    counted: list[Contribution] = field(default_factory=list)
    looked_at: list[Contribution] = field(default_factory=list)
    unusable: list[Contribution] = field(default_factory=list)


def _weigh(reader: _Reader) -> _Weighed:
    """Time first: what each contributor brings; then place: what of it the figure takes."""
    weighed = _Weighed()
    if reader.rules is None:
        return weighed
    by_contributor: dict[int, list[Posted]] = defaultdict(list)
    for row in reader.postings():
        by_contributor[row.contributor].append(row)
    for rows in by_contributor.values():
        _over_time(reader, rows, weighed)
    if reader.kind == Kind.DISTINCT:
        _each_thing_once(reader, weighed)
    elif reader.kind == Kind.QUANTITY:
        _across(reader, weighed)
    elif reader.kind == Kind.RATING and reader.cell:
        weighed.counted = [one for one in weighed.counted if one.posted.rating == reader.cell]
    weighed.counted.sort(key=lambda one: -one.counted)
    return weighed


def _told(reader: _Reader, row: Posted, **more: Any) -> Contribution:
    """A posting as a contribution that brings its own value."""
    value = row.unnamed if reader.kind == Kind.DISTINCT else row.numerator
    if reader.kind == Kind.RATING:
        value = Fraction(1)
    brings: dict[str, Any] = {
        "counted": value or Fraction(0),
        "counted_denominator": row.denominator or Fraction(0),
    }
    return Contribution(
        posted=row,
        period=reader.periods[row.period],
        value=value,
        is_shared=reader.is_shared(row),
        **(brings | more),
    )


def _passed_over(reader: _Reader, row: Posted, remark: str) -> Contribution:
    return _told(
        reader,
        row,
        counted=Fraction(0),
        counted_denominator=Fraction(0),
        is_counted=False,
        remark=remark,
    )


def _over_time(reader: _Reader, rows: list[Posted], weighed: _Weighed) -> None:
    """What one contributor's postings bring, by the rule for time."""
    assert reader.rules is not None
    cell = TOTAL if reader.kind == Kind.RATING else reader.cell
    reported = []
    for row in rows:
        if row.cell != cell or row.state != State.REPORTED:
            continue
        if reader.usable(row):
            reported.append(row)
        else:
            weighed.unusable.append(
                _passed_over(reader, row, _("It holds no value that can be used."))
            )
    rule = reader.rules.over_time
    if rule == OverTime.LATEST:
        _latest(reader, rows, reported, weighed)
    elif not reported:
        return
    elif rule == OverTime.MAX:
        best = max(reported, key=lambda row: (row.numerator, -row.period))
        weighed.counted.append(_told(reader, best))
        weighed.looked_at += [
            _passed_over(reader, row, _("A higher value was reported."))
            for row in reported
            if row is not best
        ]
    elif rule == OverTime.MEAN:
        weighed.counted += [
            _told(reader, row, counted=(row.numerator or Fraction(0)) / len(reported))
            for row in reported
        ]
    else:
        weighed.counted += [_told(reader, row) for row in reported]


def _latest(reader: _Reader, rows: list[Posted], reported: list[Posted], weighed: _Weighed) -> None:
    """The last report counts, with its own cells, unless it became not applicable later."""
    turns = [
        row
        for row in rows
        if row.cell == TOTAL
        and (
            row.state == State.NOT_APPLICABLE
            or (row.state == State.REPORTED and reader.usable(row))
        )
    ]
    last = turns[-1] if turns else None
    for row in reported:
        if last and row.period == last.period and last.state == State.REPORTED:
            weighed.counted.append(_told(reader, row))
        else:
            remark = (
                _("Not applicable since %(period)s.") % {"period": reader.periods[last.period]}
                if last and last.state == State.NOT_APPLICABLE
                else _("A later report has taken its place.")
            )
            weighed.looked_at.append(_passed_over(reader, row, remark))


def _across(reader: _Reader, weighed: _Weighed) -> None:
    """What the figure takes of the contributors' values, by the rule for place."""
    assert reader.rules is not None
    rule = reader.rules.across
    brought: dict[int, Fraction] = defaultdict(Fraction)
    for one in weighed.counted:
        brought[one.posted.contributor] += one.counted
    if rule == Across.MEAN and brought:
        weighed.counted = [
            replace(one, counted=one.counted / len(brought)) for one in weighed.counted
        ]
    if rule == Across.MAX and brought:
        highest = max(brought, key=lambda key: (brought[key], -key))
        weighed.looked_at += [
            replace(
                one, counted=Fraction(0), is_counted=False, remark=_("Another project is higher.")
            )
            for one in weighed.counted
            if one.posted.contributor != highest
        ]
        weighed.counted = [one for one in weighed.counted if one.posted.contributor == highest]


def _each_thing_once(reader: _Reader, weighed: _Weighed) -> None:
    """Give each thing to the first result that listed it; the unnamed are added as they are.

    First means the earliest period, and within one the contributor that began first.
    """
    postings = {one.posted.id: one for one in weighed.counted}
    listed: dict[Any, list[int]] = defaultdict(list)
    for measurement_id, thing in PostedThing.objects.filter(
        plan=reader.indicator.plan_id, measurement_id__in=list(postings)
    ).values_list("measurement_id", "thing_id"):
        listed[measurement_id].append(thing)
    every = {thing for things in listed.values() for thing in things}
    roots = dict(
        ThingMerge.objects.at(reader.moment)
        .filter(thing__in=every)
        .values_list("thing_id", "root_id")
    )
    found = Thing.objects.in_bulk(every | set(roots.values()))
    taken: set[int] = set()
    order = sorted(weighed.counted, key=lambda one: (one.posted.period, one.posted.contributor))
    told = []
    for one in order:
        mine = sorted({roots.get(thing, thing) for thing in listed[one.posted.id]})
        new = [thing for thing in mine if thing not in taken]
        taken.update(new)
        told.append(
            replace(
                one,
                value=Fraction(len(mine)) + one.posted.unnamed,
                counted=Fraction(len(new)) + one.posted.unnamed,
                things=tuple(found[thing] for thing in mine),
                already=len(mine) - len(new),
            )
        )
    weighed.counted = told


def _levels(indicator: Indicator, counted: list[Contribution]) -> list[tuple[str, int]]:
    """How many stand at each level of a rating, the lowest first."""
    if indicator.kind != Kind.RATING:
        return []
    number = Counter(one.posted.rating for one in counted)
    return [
        (str(level), number[level.code])
        for level in RatingLevel.objects.filter(indicator=indicator)
    ]


# --- Names, people and evidence --------------------------------------------------------------


def result_id(source: str) -> int | None:
    """The result that a posting was taken from; None where it came in another way."""
    kind, _colon, pk = source.partition(":")
    return int(pk) if kind == "result" and pk.isdigit() else None


class _Names:
    """Who stands behind postings: reporting lines, results with evidence, and who may see them."""

    def __init__(self, reader: _Reader, weighed: _Weighed, user: Any, window: slice | None) -> None:
        self.reader = reader
        self.user = user
        self.first = None if window is None else FIRST
        named = [
            *weighed.counted[window or slice(None)],
            *weighed.looked_at[: self.first],
            *weighed.unusable[: self.first],
        ]
        self.lines: dict[int, ProjectIndicator] = {}
        self.add_lines(one.posted.contributor for one in named)
        ids = {pk for one in named if (pk := result_id(one.posted.source))}
        found = Result.objects.with_names().with_corrected().filter(pk__in=ids)
        self.results = {row.pk: row for row in found}
        self.hidden = self._hidden()

    def _hidden(self) -> set[str]:
        """Postings of results that are not approved and belong to offices of others."""
        if self.user is None or self.reader.basis == Basis.OFFICIAL:
            return set()
        pending = self.reader.pending()
        ids = [pk for source in pending if (pk := result_id(source))]
        seen = Result.objects.visible_to(self.user).filter(pk__in=ids)
        return pending - {f"result:{pk}" for pk in seen.values_list("pk", flat=True)}

    def add_lines(self, contributors: Iterable[int]) -> None:
        """Read the reporting lines of more contributors."""
        wanted = set(contributors) - set(self.lines)
        for line in ProjectIndicator.objects.with_names().filter(contributor__in=wanted):
            self.lines[line.contributor_id] = line

    def add(self, one: Contribution) -> Contribution:
        """The contribution with its project, place and result."""
        if one.posted.source in self.hidden:
            return replace(one, is_hidden=True, things=())
        pk = result_id(one.posted.source)
        return replace(
            one,
            line=self.lines.get(one.posted.contributor),
            result=self.results.get(pk) if pk is not None else None,
        )


# --- What was left out ---------------------------------------------------------------------


def _waiting(reader: _Reader, would_be: str, user: Any) -> Waiting | None:
    """Results that count on the provisional basis only, up to the period."""
    pending = reader.pending()
    if not pending:
        return None
    ids = [pk for source in pending if (pk := result_id(source))]
    results = Result.objects.with_names().filter(pk__in=ids).order_by("submitted_at", "pk")
    if user is not None:
        results = results.visible_to(user)
    return Waiting(count=len(pending), would_be=would_be, results=list(results))


def _missing(reader: _Reader, names: _Names) -> dict[str, list[Missing]]:
    """Contributors that are expected in the period (or were) and did not report, by reason.

    What another office said and nobody approved is counted and not named.
    """
    found: dict[str, list[Missing]] = {"due": [], "not_available": [], "not_applicable": []}
    if reader.rules is None:
        return found
    period = reader.period
    due_sources = [pk for pk, frequency in reader.rules.sources.items() if period.ends(frequency)]
    expected = {
        row.contributor_id: row
        for row in ContributorRevision.objects.at(reader.moment)
        .filter(
            reader.within,
            Q(expected_to__isnull=True) | Q(expected_to__gte=period.start),
            contributor__indicator__in=due_sources,
            expected_from__lte=period.end,
        )
        .select_related("office", "contributor")
        .order_by("office__path", "contributor_id")
    }
    own: dict[int, list[Posted]] = defaultdict(list)
    for row in _own_postings(reader):
        own[row.contributor].append(row)
    told: dict[str, list[tuple[ContributorRevision, ReportingPeriod | None, bool]]] = {
        reason: [] for reason in found
    }
    for contributor, revision in expected.items():
        rows = own.get(contributor, [])
        here = next((row for row in rows if row.period == period.number), None)
        turns = [row for row in rows if row.state in (State.REPORTED, State.NOT_APPLICABLE)]
        reason, since, said = "due", None, here
        if turns and turns[-1].state == State.NOT_APPLICABLE:
            reason, since, said = "not_applicable", reader.periods[turns[-1].period], turns[-1]
        elif here is not None and here.state == State.REPORTED:
            continue
        elif here is not None:
            reason = "not_available"
        told[reason].append((revision, since, said is not None and said.source in names.hidden))
    for reason, rows_left in told.items():
        names.add_lines(row.contributor_id for row, _since, _is_hidden in rows_left[: names.first])
        found[reason] = [
            Missing(
                line=None if is_hidden else names.lines.get(row.contributor_id),
                source=_("A result of another office that is not yet approved")
                if is_hidden
                else row.contributor.source,
                office=row.office,
                period=period,
                since=None if is_hidden else since,
            )
            for row, since, is_hidden in rows_left
        ]
    return found


def _own_postings(reader: _Reader) -> list[Posted]:
    """Totals recorded on the indicator itself (or a headline's feeders), which coverage counts."""
    rows = (
        Measurement.objects.live(reader.moment)
        .filter(
            reader.within,
            plan=reader.indicator.plan_id,
            indicator__in=reader.sources,
            recorded_on=F("indicator"),
            basis=reader.basis,
            period__lte=reader.period.number,
            cell=TOTAL,
        )
        .order_by("contributor_id", "period")
        .values_list(*_COLUMNS)
    )
    return [_posted(row) for row in rows]


def _replaced(reader: _Reader, names: _Names) -> list[Replaced]:
    """Postings that were withdrawn by the moment and whose result counts no more."""
    if reader.rules is None:
        return []
    gone = Q(withdrawn_at__isnull=False)
    if reader.moment is not None:
        gone = Q(withdrawn_at__lte=reader.moment)
    rows = list(
        Measurement.objects.filter(
            reader.within,
            gone,
            plan=reader.indicator.plan_id,
            indicator__in=reader.sources,
            basis=reader.basis,
            period__lte=reader.period.number,
            cell=TOTAL if reader.kind in (Kind.RATING, Kind.DISTINCT) else reader.cell,
        )
        .order_by("-withdrawn_at")
        .values_list(*_COLUMNS, "withdrawn_at", "reason")
    )
    live = {(row.contributor, row.period): row.source for row in reader.postings()}
    counting = set(live.values())
    names.add_lines({row[1] for row in rows[: names.first]})
    told: dict[tuple[str, int], Replaced] = {}
    for *columns, withdrawn_at, reason in rows:
        row = _posted(tuple(columns))
        if row.source in counting or (row.source, row.period) in told:
            continue
        if names.user is not None and reader.basis == Basis.PROVISIONAL:
            continue
        value = row.unnamed if reader.kind == Kind.DISTINCT else row.numerator
        told[(row.source, row.period)] = Replaced(
            source=row.source,
            period=reader.periods[row.period],
            line=names.lines.get(row.contributor),
            text=words.qualified(words.number(value, 6), row.qualifier)
            if value is not None
            else "",
            withdrawn_at=withdrawn_at,
            reason=reason,
            is_corrected=(row.contributor, row.period) in live,
        )
    return list(told.values())
