"""Reads figures: stored ones for now, computed ones for an earlier moment.

Every page, report, export and the API ask here and nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db import connection

from habitat_tracker.fields import SCALE
from outcomes.choices import (
    TOTAL,
    Across,
    Basis,
    Direction,
    Kind,
    OverTime,
    Qualifier,
    is_additive,
)
from outcomes.models import Category, Indicator

from . import sql
from .compute import (
    FigureRow,
    Selection,
    compute,
    figure_row,
    ids,
    to_date,
    with_recursive,
)
from .rules import RulesAt, rules_of


@dataclass(frozen=True)
class FigureValue:
    """One figure, ready to be shown: exact values, coverage and qualifiers.

    Percentages are on 0..100. `None` is "no value", which is not 0. The rules are those that
    it was computed by: as of an earlier moment, the rules of then.
    """

    indicator_id: int
    kind: str
    scope: int
    basis: Basis
    cell: str
    period: int
    row: FigureRow
    is_headline: bool = False
    over_time: str = OverTime.SUM
    across: str = Across.SUM
    direction: str = Direction.INCREASE

    @property
    def to_date(self) -> Fraction | None:
        """The value from the plan's start to the period's end."""
        if self.kind == Kind.RATING and not self.cell:
            return None
        return _ratio(self.kind, self.row.numerator, self.row.denominator)

    @property
    def in_period(self) -> Fraction | None:
        """The value of what was reported in the period itself."""
        if self.kind == Kind.RATING and not self.cell:
            return None
        return _ratio(self.kind, self.row.period_numerator, self.row.period_denominator)

    @property
    def numerator(self) -> Fraction | None:
        """The numerator to date of a percentage."""
        return _percentage_part(self.kind, self.row.numerator)

    @property
    def denominator(self) -> Fraction | None:
        """The denominator to date of a percentage."""
        return _percentage_part(self.kind, self.row.denominator)

    @property
    def shared(self) -> Fraction | None:
        """The part that results of other indicators brought as credits; headlines have none."""
        return None if self.is_headline else _scaled(self.row.shared or 0)

    @property
    def unnamed(self) -> Fraction | None:
        """The part of a count of things that no name stands behind."""
        return _scaled(self.row.unnamed)

    @property
    def period_unnamed(self) -> Fraction | None:
        """The unnamed of the period itself."""
        return _scaled(self.row.period_unnamed)

    @property
    def qualifier(self) -> Qualifier | None:
        """How exact the value to date is."""
        return None if self.row.qualifier is None else Qualifier(self.row.qualifier)

    @property
    def period_qualifier(self) -> Qualifier | None:
        """How exact the value of the period is."""
        if self.row.period_qualifier is None:
            return None
        return Qualifier(self.row.period_qualifier)

    @property
    def reported(self) -> int:
        """n of "n of m reported"."""
        return self.row.reported or 0

    @property
    def expected(self) -> int:
        """m of "n of m reported"."""
        return self.row.expected or 0

    @property
    def is_not_added_up(self) -> bool:
        """Several contributors have a value and the rule adds nothing up: they are listed."""
        return self.row.numerator is None and (self.row.denominator or 0) > 1


def _ratio(kind: str, numerator: int | None, denominator: int | None) -> Fraction | None:
    if numerator is None or not denominator:
        return None
    if kind == Kind.PERCENTAGE:
        return Fraction(numerator * 100, denominator)
    return Fraction(numerator, denominator * SCALE)


def _percentage_part(kind: str, scaled: int | None) -> Fraction | None:
    return _scaled(scaled) if kind == Kind.PERCENTAGE else None


def _scaled(scaled: int | None) -> Fraction | None:
    return None if scaled is None else Fraction(scaled, SCALE)


class Figures:
    """Figures by indicator, scope, basis, cell and period; what is not there has no value."""

    def __init__(
        self,
        indicators: Iterable[Indicator],
        rows: dict[tuple[int, int, int, str, int], FigureRow],
        rules: dict[int, RulesAt] | None = None,
    ) -> None:
        # The rules as of an earlier moment; for now they are the indicator's own.
        self.rules = rules or {}
        self.indicators = {indicator.pk: indicator for indicator in indicators}
        self.rows = rows

    def get(
        self,
        indicator: Indicator,
        scope: int,
        period: int,
        basis: Basis = Basis.OFFICIAL,
        cell: str = TOTAL,
    ) -> FigureValue:
        """The figure; without a row it has no value and nobody is expected."""
        row = self.rows.get((indicator.pk, scope, int(basis), cell, period), FigureRow())
        rules = self.rules.get(indicator.pk, indicator)
        return FigureValue(
            indicator_id=indicator.pk,
            kind=indicator.kind,
            scope=scope,
            basis=basis,
            cell=cell,
            period=period,
            row=row,
            is_headline=indicator.is_headline,
            over_time=rules.over_time,
            across=rules.across,
            direction=rules.direction,
        )

    def cells(
        self, indicator: Indicator, scope: int, period: int, basis: Basis = Basis.OFFICIAL
    ) -> dict[str, FigureValue]:
        """The figures of all cells that have one, by category or level code."""
        return {
            key[3]: self.get(indicator, scope, period, basis, key[3])
            for key in self.rows
            if key[:3] == (indicator.pk, scope, int(basis)) and key[4] == period and key[3]
        }


def read(
    indicators: Iterable[Indicator],
    *,
    periods: tuple[int, int],
    scopes: Iterable[int] | None = None,
    bases: Iterable[Basis] = (Basis.OFFICIAL,),
    cells: bool = True,
    moment: datetime | None = None,
) -> Figures:
    """The figures of indicators of one plan, for periods (first, last) and scopes (None: all).

    One query for now; with a moment they are computed from the ledger as it stood. With
    `cells` false only totals are read.
    """
    asked = list(indicators)
    wanted = None if scopes is None else frozenset(scopes)
    of_bases = {int(basis) for basis in bases}
    if moment is None:
        return Figures(asked, _stored(asked, periods, wanted, of_bases, cells))
    rows: dict[tuple[int, int, int, str, int], FigureRow] = {}
    then = rules_of([indicator.pk for indicator in asked], moment)
    for indicator_id, rules in then.items():
        for key, row in compute(rules, Selection(*periods, wanted), moment).items():
            if key[1] in of_bases and (cells or not key[2]):
                rows[(indicator_id, *key)] = row
    return Figures(asked, rows, then)


def _stored(
    indicators: list[Indicator],
    periods: tuple[int, int],
    scopes: frozenset[int] | None,
    bases: set[int],
    cells: bool,
) -> dict[tuple[int, int, int, str, int], FigureRow]:
    """Stored figures with their values to date: one statement, a part for each way of storing."""
    alike: dict[tuple[bool, bool], list[Indicator]] = defaultdict(list)
    for one in indicators:
        added = is_additive(one.kind, one.over_time, one.across)
        alike[(added, added and one.kind == Kind.PERCENTAGE)].append(one)
    if not alike or not bases or scopes == frozenset():
        return {}
    params = {"plan": indicators[0].plan_id, "first": periods[0], "last": periods[1]}
    wanted = f"f.plan_id = %(plan)s AND f.basis IN ({ids(bases)})"
    if scopes is not None:
        wanted += f" AND f.scope IN ({ids(scopes)})"
    if not cells:
        wanted += " AND f.cell = ''"
    parts = [
        to_date(
            same,
            figure="outcomes_figure",
            asked=f"{wanted} AND f.indicator_id IN ({ids(one.pk for one in same)})",
            first="%(first)s",
        )
        for same in alike.values()
    ]
    with connection.cursor() as cursor:
        cursor.execute(with_recursive([sql.GRID], " UNION ALL ".join(parts)), params)
        return {tuple(row[:5]): figure_row(row[5:]) for row in cursor.fetchall()}


def additive_cells(indicator: Indicator) -> dict[str, set[str]]:
    """Category codes by additive dimension; of a headline, of the dimensions all feeders have."""
    sources = {indicator.pk}
    if indicator.is_headline:
        sources = set(indicator.feeders.values_list("pk", flat=True))
    having: dict[str, set[int]] = {}
    cells: dict[str, set[str]] = {}
    mixed: set[str] = set()
    for source, dimension, additive, code in Category.objects.filter(
        indicator__in=sources
    ).values_list("indicator_id", "dimension__code", "dimension__additive", "code"):
        having.setdefault(dimension, set()).add(source)
        cells.setdefault(dimension, set()).add(code)
        if not additive:
            mixed.add(dimension)
    return {
        dimension: codes
        for dimension, codes in cells.items()
        if having[dimension] == sources and dimension not in mixed
    }


def unspecified(
    figures: Figures,
    indicator: Indicator,
    scope: int,
    period: int,
    basis: Basis = Basis.OFFICIAL,
) -> dict[str, tuple[Fraction, Fraction | None] | None]:
    """What the cells of each additive dimension leave of the total, by dimension code.

    A pair for percentages (numerator and denominator), else (rest, None). None where there is
    no total. Only where time is `sum` or `latest` and contributors are added up.
    """
    figure = figures.get(indicator, scope, period, basis)
    if figure.over_time not in (OverTime.SUM, OverTime.LATEST) or figure.across != Across.SUM:
        return {}
    total = figure.row
    by_dimension = additive_cells(indicator)
    rest: dict[str, tuple[Fraction, Fraction | None] | None] = {}
    for dimension, codes in by_dimension.items():
        if total.numerator is None:
            rest[dimension] = None
            continue
        cells = [figures.get(indicator, scope, period, basis, code).row for code in codes]
        numerator = total.numerator - sum(cell.numerator or 0 for cell in cells)
        denominator = None
        if indicator.kind == Kind.PERCENTAGE:
            denominator = Fraction(
                (total.denominator or 0) - sum(cell.denominator or 0 for cell in cells), SCALE
            )
        rest[dimension] = (Fraction(numerator, SCALE), denominator)
    return rest
