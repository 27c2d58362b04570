"""Puts the statements of `sql` together for an indicator: leaves, figures, values to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import lcm
from typing import Any

from django.db import connection

from habitat_tracker.fields import SCALE
from outcomes.choices import Across, Frequency, Kind, OverTime, is_additive
from outcomes.models import Indicator
from plans.models import ReportingPeriod

from . import sql
from .rules import RulesAt

Key = tuple[int, int, str, int]  # scope, basis, cell, period number


@dataclass(frozen=True)
class FigureRow:
    """One figure as it is read: pairs of scaled integers, see `outcomes.models.Figure`."""

    numerator: int | None = None
    denominator: int | None = None
    qualifier: int | None = None
    shared: int | None = None
    unnamed: int | None = None
    period_numerator: int | None = None
    period_denominator: int | None = None
    period_qualifier: int | None = None
    period_shared: int | None = None
    period_unnamed: int | None = None
    reported: int | None = None
    expected: int | None = None


@dataclass(frozen=True)
class Touched:
    """A leaf whose postings or contributors changed, on a basis, in a range of periods."""

    leaf: int
    basis: int
    first: int
    last: int


@dataclass(frozen=True)
class Selection:
    """Which figures to compute: periods from `first` to `last`, and scopes (None: all)."""

    first: int
    last: int
    scopes: frozenset[int] | None = None


def periods_of(plan_id: int) -> list[ReportingPeriod]:
    """The plan's periods in their order."""
    return list(ReportingPeriod.objects.filter(plan_id=plan_id).order_by("number"))


class Computation:
    """The common table expressions of one indicator, for all its leaves or for touched ones.

    `leaves` end in one named `leaf`, `figures` in one named `figure`; both have the columns of
    their tables. The ledger is read as it stands, or as it stood at a moment.
    """

    def __init__(
        self,
        rules: RulesAt,
        periods: list[ReportingPeriod],
        *,
        first: int = 1,
        last: int | None = None,
        touched: Iterable[Touched] | None = None,
        scopes: Iterable[int] | None = None,
        moment: datetime | None = None,
    ) -> None:
        self.rules = rules
        self.periods = periods
        self.touched = None if touched is None else list(touched)
        if self.touched:
            first = min(one.first for one in self.touched)
            last = max(one.last for one in self.touched)
        self.scopes = None if scopes is None else ids(scopes)
        self.moment = moment
        self.vendor = "postgresql" if connection.vendor == "postgresql" else "sqlite"
        self.numerator = sql.NUMERATOR[rules.kind]
        self.params: dict[str, Any] = {
            "plan": rules.plan_id,
            "indicator": rules.indicator_id,
            "first": first,
            "last": last if last is not None else (periods[-1].number if periods else 0),
        }
        if self.touched:
            columns = zip(*((t.leaf, t.basis, t.first, t.last) for t in self.touched), strict=True)
            for name, values in zip(("leaves", "bases", "firsts", "lasts"), columns, strict=True):
                # SQLite is asked for one leaf at a time.
                self.params[name] = list(values) if self.vendor == "postgresql" else values[0]
        if moment is not None:
            self.params["moment"] = connection.ops.adapt_datetimefield_value(moment)

    @property
    def shape(self) -> tuple[Any, ...]:
        """What the text of a statement for touched leaves depends on, beside the parameters."""
        rules = self.rules
        due = {
            frequency: tuple(one.number for one in self.periods if one.ends(frequency))
            for frequency in rules.sources.values()
            if frequency != Frequency.EACH
        }
        return (
            rules.kind,
            rules.over_time,
            rules.across,
            tuple(sorted(rules.sources.items())) if rules.is_headline else None,
            tuple(sorted(due.items())),
            len(self.periods),
        )

    # --- Words that fill the statements ---

    @property
    def is_part(self) -> bool:
        """Whether only touched leaves are computed."""
        return self.touched is not None

    @cached_property
    def sources(self) -> str:
        """Whose postings count: the indicator's own, or those of a headline's feeders."""
        if self.rules.is_headline:
            return f"IN ({ids(self.rules.sources)})"
        return "= %(indicator)s"

    @property
    def cells(self) -> str:
        """The categories that a headline has."""
        number = len(self.rules.sources)
        return sql.SHARED_CELLS.format(sources=self.sources, number=number)

    def live(self, alias: str) -> str:
        text = sql.LIVE_NOW if self.moment is None else sql.LIVE_THEN
        return text.format(alias=alias)

    def current(self, alias: str) -> str:
        text = sql.CURRENT if self.moment is None else sql.CURRENT_THEN
        return text.format(alias=alias)

    def posting(self, name: str, *, is_part: bool, id: str = "NULL", once: str = "") -> str:
        """The live rows of the ledger that the figure takes."""
        words = self.ledger(is_part=is_part) | {"name": name, "id": id, "once": once}
        if name == "posting" and self.rules.is_additive:
            words["asked"] += f" AND m.period >= {words['first']}"
        if self.rules.is_headline:
            return sql.HEADLINE_POSTING.format(cells=self.cells, **words)
        return sql.POSTING.format(**words)

    def ledger(self, *, is_part: bool) -> dict[str, str]:
        """Which rows of the ledger are looked at, as what, and for which periods."""
        ledger, asked, first, last = sql.LEDGER[is_part]
        return {
            "ledger": ledger,
            "sources": self.sources,
            "live": self.live("m"),
            "asked": asked,
            "first": first,
            "last": last,
        }

    def is_due(self) -> str:
        """Which periods each source is due in: all, or the last of each half-year or year."""
        by_frequency: dict[str, list[int]] = defaultdict(list)
        for indicator_id, frequency in self.rules.sources.items():
            by_frequency[frequency].append(indicator_id)
        clauses = []
        for frequency, sources in by_frequency.items():
            of_source = f"d.source IN ({ids(sources)})" if len(by_frequency) > 1 else "1 = 1"
            due = [period.number for period in self.periods if period.ends(frequency)]
            in_period = f"g.number IN ({ids(due)})" if frequency != Frequency.EACH else "1 = 1"
            clauses.append(f"({of_source} AND {in_period})")
        return "(" + " OR ".join(clauses) + ")"

    # --- Leaves ---

    @property
    def start(self) -> list[str]:
        """What is asked: the touched leaves, and the periods."""
        parts = [sql.GRID]
        if self.is_part:
            parts.insert(0, sql.TOUCHED[self.vendor])
        return parts

    def leaves(self) -> list[str]:
        """From the ledger to `leaf`."""
        rules = self.rules
        # All periods of a whole indicator; a few of touched leaves, or of one page.
        is_whole = not self.is_part and self.params["first"] == 1
        in_stretches = is_whole and self.vendor == "postgresql" and not rules.is_additive
        grid = sql.HOLDS_STRETCH if in_stretches else sql.HOLDS
        # The ledger is read in group order, and again for what little is carried.
        is_carried = rules.over_time == OverTime.LATEST
        once = "NOT MATERIALIZED " if is_carried and not rules.is_headline else ""
        parts = [self.posting("posting", is_part=self.is_part, once=once)]
        if in_stretches:
            parts.append(sql.STRETCH)
        if rules.is_additive:
            parts.append(self.own("value", sql.ADDED))
        elif is_carried:
            parts += [
                sql.TURN.format(usable=sql.USABLE[rules.kind], **self.ledger(is_part=self.is_part)),
                self.own("own", sql.LATEST),
                sql.LEAF_CARRIED.format(grid=grid.format(h="t"), **self.words),
            ]
        else:
            parts += [self.held(), self.held_leaves(grid.format(h="h"))]
        is_rating = rules.kind == Kind.RATING
        if is_rating:
            parts.append(sql.RATED)
        return [
            *parts,
            self.coverage(),
            sql.LEAF.format(rated=sql.AND_RATED if is_rating else ""),
        ]

    @property
    def words(self) -> dict[str, str]:
        """What is added up of the postings `p` of a leaf, and by which cell."""
        rules = self.rules
        return {
            "numerator": self.numerator,
            "denominator": sql.DENOMINATOR.get(rules.kind, sql.NONE),
            "highest": f"MAX({self.numerator})" if rules.across == Across.MAX else sql.NONE,
            "cell": "p.rating" if rules.kind == Kind.RATING else "p.cell",
            "usable": sql.USABLE[rules.kind],
        }

    def own(self, name: str, to_date: str) -> str:
        """What is reported in each period, with what that says of the value to date."""
        return sql.LEAF_OWN.format(name=name, to_date=to_date.format(**self.words), **self.words)

    def held(self) -> str:
        """What each contributor comes to since when, where that is not simply its latest report."""
        return sql.HELD[self.rules.over_time].format(**self.words)

    def held_leaves(self, grid: str) -> str:
        """What the contributors of a leaf come to in every period."""
        rules = self.rules
        if rules.over_time == OverTime.MEAN:
            return sql.LEAF_MEAN.format(grid=grid)
        needed = {
            "denominator": rules.kind == Kind.PERCENTAGE,
            "highest": rules.across == Across.MAX,
            "shared": rules.over_time == OverTime.SUM,
        }
        words = {
            when + name: sql.LEAF_HELD_IF[when + name][not is_needed]
            for name, is_needed in needed.items()
            for when in ("", "period_")
        }
        return sql.LEAF_HELD.format(grid=grid, **words)

    def coverage(self) -> str:
        """How many are expected in each period, and how many of them reported."""
        homes, home_asked, home_basis, home_first, home_last = sql.CONTRIBUTORS[self.is_part]
        return sql.COVERAGE.format(
            homes=homes,
            home_basis=home_basis,
            once="" if self.is_part else "NOT ",
            home_first=home_first,
            home_last=home_last,
            home_asked=home_asked,
            current=self.current("r"),
            is_due=self.is_due(),
            live_following=self.live("f"),
            **self.ledger(is_part=self.is_part),
        )

    # --- Figures ---

    def figures(self, *, stored: bool) -> list[str]:
        """From leaves, stored or computed on the spot, to `figure`."""
        parts = list(self.start)
        if stored:
            bases = "1 = 1"
            if self.touched is not None:
                bases = "basis IN (SELECT basis FROM touched)"
            parts.append(sql.STORED_LEAVES.format(bases=bases))
        else:
            parts += self.leaves()
        parts.append(sql.SPOT)
        scopes = self.scopes
        places = {
            "within_office": "",
            "within_country": "",
            "office_scopes": f"s.scope IN ({scopes})" if scopes is not None else "1 = 1",
            "country_scopes": "{alias}.leaf %% 1000 IN (" + scopes + ")"
            if scopes is not None
            else "1 = 1",
        }
        if self.is_part:
            parts.append(sql.AREA)
            places["within_office"] = sql.WITHIN_AREA.replace("{scope}", "s.scope")
            places["within_country"] = sql.WITHIN_AREA.replace("{scope}", "{alias}.leaf %% 1000")
        parts.append(
            sql.MEMBER.format(**{k: text.replace("{alias}", "l") for k, text in places.items()})
        )
        member = "member"
        if self.rules.kind == Kind.DISTINCT:
            parts += self.things(places)
            member = "listed_member"
        columns = ",\n           ".join(
            f"{text} AS {name}" for name, text in self.figure_columns().items()
        )
        parts.append(sql.FIGURE.format(columns=columns, member=member))
        return parts

    def things(self, places: dict[str, str]) -> list[str]:
        """How many different things there are, from all leaves of each scope in the ledger."""
        asked = (
            "a.first AS asked_first, a.last AS asked_last"
            if self.is_part
            else "%(first)s AS asked_first, %(last)s AS asked_last"
        )
        # The periods that an area asks for are looked at when things are counted.
        words = {
            name: text.replace(sql.WITHIN_PERIOD, "").replace("{alias}", "h")
            for name, text in places.items()
        }
        return [
            self.posting("thing_posting", is_part=False, id="m.id"),
            sql.THING_HELD[self.rules.over_time],
            sql.THING.format(
                asked=asked,
                merged=self.current("merged"),
                **words,
            ),
            sql.THING_COUNT[self.rules.over_time],
            sql.LISTED_MEMBER,
        ]

    def figure_columns(self) -> dict[str, str]:
        """The expression of each column of a figure, by the indicator's rules."""
        rules = self.rules
        rule = rules.kind if rules.kind != Kind.QUANTITY else rules.across
        columns = {}
        for when in ("", "period_"):
            for name, text in zip(
                ("numerator", "denominator", "qualifier"), sql.ACROSS[rule], strict=True
            ):
                columns[when + name] = text.replace("@", when)
            shared = f"SUM(l.{when}shared)"
            if rules.kind == Kind.RATING:
                shared = f"CASE WHEN l.cell <> '' AND SUM(l.{when}contributors) > 0 THEN 0 END"
            unnamed = sql.NONE
            if rules.kind == Kind.DISTINCT:
                unnamed = columns[when + "numerator"]
                columns[when + "numerator"] += f" + SUM(l.{when}things) * {SCALE}"
                shared += f" + SUM(l.{when}shared_things) * {SCALE}"
            columns[when + "shared"] = sql.NONE if rules.is_headline else shared
            columns[when + "unnamed"] = unnamed
        if rules.over_time == OverTime.MEAN:
            columns["numerator"], columns["denominator"] = self.mean()
        return {name: columns[name] for name in sql.FIGURE_COLUMNS[:-2]}

    def mean(self) -> tuple[str, str]:
        """Numerator and denominator to date of a mean over time."""
        across = self.rules.across
        multiple = lcm(*range(1, len(self.periods) + 2))
        exact = sql.EXACT[self.vendor]["max" if across == Across.MAX else "sum"]
        divisor = "SUM(l.contributors)" if across == Across.MEAN else "1"
        numerator, denominator = (
            text.replace("{exact}", exact.replace("{multiple}", str(multiple)))
            .replace("{multiple}", str(multiple))
            .replace("{divisor}", divisor)
            for text in sql.MEAN[self.vendor]
        )
        if across == Across.NONE:
            one = "SUM(l.contributors) = 1"
            return (
                f"CASE WHEN {one} THEN {numerator} END",
                f"CASE WHEN {one} THEN {denominator} ELSE NULLIF(SUM(l.contributors), 0) END",
            )
        return numerator, denominator


def with_recursive(parts: Iterable[str], tail: str) -> str:
    """One statement of common table expressions."""
    return "WITH RECURSIVE " + ",".join(parts) + tail


def to_date(
    alike: Sequence[RulesAt | Indicator], *, figure: str, asked: str, first: str = "%(asked_first)s"
) -> str:
    """The figures of indicators that are stored alike, with values to date in every period.

    `figure` names the table (or the expression) and `asked` what is wanted of it.
    """
    rules = alike[0]
    indicator = "f.indicator_id" if figure != "figure" else "%(indicator)s"
    if not is_additive(rules.kind, rules.over_time, rules.across):
        return sql.AS_STORED.format(
            indicator=indicator,
            figure=figure,
            asked=f"{asked} AND f.period BETWEEN {first} AND %(last)s",
        )
    is_percentage = rules.kind == Kind.PERCENTAGE
    return sql.TO_DATE.format(
        indicator=indicator,
        figure=figure,
        asked=f"{asked} AND g.number >= {first}",
        group="f.indicator_id, " if figure != "figure" else "",
        sum_numerator=exact_sum("f.period_numerator"),
        sum_shared=exact_sum("f.period_shared"),
        denominator=exact_sum("f.period_denominator")
        if is_percentage
        else "CASE WHEN COUNT(f.period_numerator) > 0 THEN 1 END",
    )


def exact_sum(column: str) -> str:
    """The sum of scaled integers whatever its size: SQLite's own ends at 64 bits.

    There two parts are added and come as text, `high|low`, put together by `whole`.
    """
    if connection.vendor == "postgresql":
        return f"SUM({column})"
    return f"SUM({column} / {SCALE}) || '|' || SUM({column} %% {SCALE})"


def whole(number: Any) -> int | None:
    """A number that came from the database, as an integer."""
    if isinstance(number, str):
        high, low = number.split("|")
        return int(high) * SCALE + int(low)
    return None if number is None else int(number)


def figure_row(values: Iterable[Any]) -> FigureRow:
    """The row of a figure from the columns of a statement."""
    return FigureRow(*map(whole, values))


def compute(
    rules: RulesAt, selection: Selection, moment: datetime | None = None
) -> dict[Key, FigureRow]:
    """Every figure of the indicator in the selection, from the ledger and nothing else.

    Keyed by scope, basis, cell and period number. A figure is there where somebody is
    expected or something was reported. With a moment the figures come out as they stood.
    """
    computation = Computation(
        rules,
        periods_of(rules.plan_id),
        first=1 if rules.is_additive else selection.first,
        last=selection.last,
        scopes=selection.scopes,
        moment=moment,
    )
    computation.params["asked_first"] = selection.first
    tail = to_date([rules], figure="figure", asked="1 = 1")
    rows = {}
    with connection.cursor() as cursor:
        cursor.execute(with_recursive(computation.figures(stored=False), tail), computation.params)
        for _indicator, scope, basis, cell, period, *values in cursor.fetchall():
            rows[(scope, basis, cell, period)] = figure_row(values)
    return rows


def ids(numbers: Iterable[int]) -> str:
    """Whole numbers for an IN list; never text."""
    return ", ".join(str(int(number)) for number in sorted(numbers)) or "NULL"
