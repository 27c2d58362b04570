"""Computes the figures of one indicator from the ledger, now or as of an earlier moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Q

from habitat_tracker.fields import SCALE
from outcomes.choices import TOTAL, Across, Frequency, Kind, OverTime
from outcomes.models import Category, Dimension, Indicator, IndicatorRevision
from plans.models import ReportingPeriod

from . import sql

# Beyond this a pair is rounded to a smaller denominator (only a mean over time gets there).
BIGGEST = 2**63 - 1

Key = tuple[int, int, str, int]  # scope, basis, cell, period number


@dataclass(frozen=True)
class RulesAt:
    """The rules of an indicator at a moment, with the indicators whose postings it takes."""

    plan_id: int
    indicator_id: int
    kind: str
    over_time: str
    across: str
    direction: str
    is_headline: bool
    # indicator id -> how often it is due; the indicator itself, or a headline's feeders
    sources: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FigureRow:
    """One figure as it is stored: pairs of scaled integers, see `outcomes.models.Figure`."""

    numerator: int | None = None
    denominator: int | None = None
    qualifier: int | None = None
    shared: int | None = None
    unnamed: int | None = None
    period_numerator: int | None = None
    period_denominator: int | None = None
    period_qualifier: int | None = None
    period_unnamed: int | None = None
    reported: int | None = None
    expected: int | None = None


FIELDS = tuple(FigureRow.__dataclass_fields__)


@dataclass(frozen=True)
class Selection:
    """Which figures to compute: periods from `first` to `last`, and scopes (None: all)."""

    first: int
    last: int
    scopes: frozenset[int] | None = None


def rules_at(indicator: Indicator, moment: datetime | None = None) -> RulesAt | None:
    """The rules that counted at a moment; None where the indicator did not exist yet."""
    revisions = IndicatorRevision.objects.at(moment)
    found = {
        row.indicator_id: row
        for row in revisions.filter(Q(indicator=indicator) | Q(feeds=indicator)).order_by(
            "indicator_id"
        )
    }
    own = found.get(indicator.pk)
    if own is None:
        return None
    sources = {indicator.pk: own.frequency}
    if indicator.is_headline:
        sources = {pk: row.frequency for pk, row in found.items() if pk != indicator.pk}
    return RulesAt(
        plan_id=indicator.plan_id,
        indicator_id=indicator.pk,
        kind=indicator.kind,
        over_time=own.over_time,
        across=own.across,
        direction=own.direction,
        is_headline=indicator.is_headline,
        sources=sources,
    )


def shared_cells(indicator_ids: Iterable[int]) -> list[str]:
    """The category codes of those dimensions that every one of the indicators has."""
    wanted = set(indicator_ids)
    having: dict[str, set[int]] = defaultdict(set)
    for indicator_id, code in Dimension.objects.filter(indicator__in=wanted).values_list(
        "indicator_id", "code"
    ):
        having[code].add(indicator_id)
    common = [code for code, ids in having.items() if ids == wanted]
    return sorted(
        set(
            Category.objects.filter(indicator__in=wanted, dimension__code__in=common).values_list(
                "code", flat=True
            )
        )
    )


class _Run:
    """One computation: the statements of `sql` filled in for an indicator and a selection."""

    def __init__(self, rules: RulesAt, selection: Selection, moment: datetime | None) -> None:
        self.rules = rules
        self.selection = selection
        self.moment = moment
        self.params: dict[str, Any] = {
            "plan": rules.plan_id,
            "indicator": rules.indicator_id,
            "first": selection.first,
            "last": selection.last,
        }
        if moment is not None:
            self.params["moment"] = (
                moment if connection.vendor == "postgresql" else _sqlite_moment(moment)
            )
        self.scopes = (
            "1 = 1" if selection.scopes is None else f"h.scope IN ({_ids(selection.scopes)})"
        )
        self.numerator = sql.NUMERATOR[rules.kind]
        self.usable = sql.USABLE[rules.kind]
        self.cell = "h.rating" if rules.kind == Kind.RATING else "h.cell"

    def live(self, alias: str) -> str:
        text = sql.LIVE_NOW if self.moment is None else sql.LIVE_THEN
        return text.format(alias=alias)

    def current(self, alias: str) -> str:
        text = sql.CURRENT if self.moment is None else sql.CURRENT_THEN
        return text.format(alias=alias)

    @cached_property
    def posting(self) -> str:
        """The live rows, read by each statement; what a headline's cells are is asked once."""
        if not self.rules.is_headline:
            return sql.POSTING.format(live=self.live("m"))
        cells = shared_cells(self.rules.sources)
        names = []
        for number, code in enumerate(cells):
            self.params[f"cell{number}"] = code
            names.append(f"%(cell{number})s")
        return sql.HEADLINE_POSTING.format(
            live=self.live("m"),
            feeders=_ids(self.rules.sources),
            cells=", ".join(names) or "''",
        )

    def fetch(self, *parts: str, tail: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute("WITH " + ",".join(parts) + tail, self.params)
            return cursor.fetchall()

    def values(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """What is held to date, and what was reported in each period itself."""
        return self.both(
            *(
                sql.VALUES.format(held=held, cell=self.cell, scopes=self.scopes)
                for held in ("held", "spot_report")
            )
        )

    def things(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """How many things are held to date, and were listed in each period itself."""
        return self.both(
            *(
                sql.THINGS.format(
                    held=held,
                    interval=sql.THING_INTERVALS[interval],
                    merged=self.current("merged"),
                    scopes=self.scopes,
                )
                for held, interval in (
                    ("held", self.rules.over_time),
                    ("spot_report", "period"),
                )
            )
        )

    def both(self, held: str, spot: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Two selections from the same postings, in one statement that reads them once."""
        rows = self.fetch(
            self.posting,
            sql.GRID,
            sql.SPOT,
            *(
                part.format(numerator=self.numerator, usable=self.usable)
                for part in (sql.HELD[self.rules.over_time], sql.SPOT_REPORTS)
            ),
            tail=f" SELECT 0, a.* FROM ({held}) a UNION ALL SELECT 1, b.* FROM ({spot}) b",
        )
        return [row[1:] for row in rows if not row[0]], [row[1:] for row in rows if row[0]]

    def coverage(self) -> list[tuple[Any, ...]]:
        return self.fetch(
            sql.GRID,
            sql.SPOT,
            sql.COVERAGE.format(
                sources=_ids(self.rules.sources),
                live=self.live("m"),
                current=self.current("r"),
                is_due=self.is_due(),
                scopes=self.scopes,
            ),
            tail="",
        )

    def is_due(self) -> str:
        """Which periods each source is due in: all, or the last of each half-year or year."""
        by_frequency: dict[str, list[int]] = defaultdict(list)
        for indicator_id, frequency in self.rules.sources.items():
            by_frequency[frequency].append(indicator_id)
        periods = ReportingPeriod.objects.filter(plan_id=self.rules.plan_id)
        clauses = []
        for frequency, ids in by_frequency.items():
            clause = f"c.indicator_id IN ({_ids(ids)})"
            if frequency != Frequency.EACH:
                due = [period.number for period in periods if period.ends(frequency)]
                clause += f" AND g.number IN ({_ids(due)})"
            clauses.append(f"({clause})")
        return " OR ".join(clauses)


def compute(
    rules: RulesAt, selection: Selection, moment: datetime | None = None
) -> dict[Key, FigureRow]:
    """Every figure of the indicator in the selection, from the ledger and nothing else.

    Keyed by scope, basis, cell and period number. A figure is there where somebody is
    expected or something was reported. With a moment the figures come out as they stood.
    """
    if not rules.sources:
        return {}
    run = _Run(rules, selection, moment)
    rows: dict[Key, FigureRow] = {}

    held, in_period = run.values()
    for key, value in _combine(held, rules).items():
        rows[key] = FigureRow(
            numerator=value.numerator,
            denominator=value.denominator,
            qualifier=value.qualifier,
            shared=None if rules.is_headline else value.shared,
            unnamed=value.unnamed,
        )
    for key, value in _combine(in_period, rules).items():
        rows[key] = replace(
            rows.get(key, FigureRow()),
            period_numerator=value.numerator,
            period_denominator=value.denominator,
            period_qualifier=value.qualifier,
            period_unnamed=value.unnamed,
        )
    if rules.kind == Kind.RATING:
        for (scope, basis, _level, period), row in list(rows.items()):
            # The total of a rating has no value; its denominator counts who is rated.
            key = (scope, basis, TOTAL, period)
            rated = (row.numerator or 0) // SCALE
            total = rows.get(key, FigureRow())
            rows[key] = replace(total, denominator=(total.denominator or 0) + rated)
    if rules.kind == Kind.DISTINCT:
        held, in_period = run.things()
        for scope, basis, period, things, shared in held:
            key = (scope, basis, TOTAL, period)
            row = rows[key]
            rows[key] = replace(
                row,
                numerator=(row.numerator or 0) + things * SCALE,
                shared=None if row.shared is None else row.shared + shared * SCALE,
            )
        for scope, basis, period, things, _shared in in_period:
            key = (scope, basis, TOTAL, period)
            row = rows[key]
            rows[key] = replace(row, period_numerator=(row.period_numerator or 0) + things * SCALE)
    for scope, basis, period, reported, expected in run.coverage():
        key = (scope, basis, TOTAL, period)
        rows[key] = replace(
            rows.get(key, FigureRow()), reported=int(reported), expected=int(expected)
        )
    return rows


@dataclass
class _Value:
    numerator: int | None
    denominator: int | None
    qualifier: int | None
    shared: int
    unnamed: int | None


def _combine(fetched: list[tuple[Any, ...]], rules: RulesAt) -> dict[Key, _Value]:
    """From grouped rows to values: across contributors, by the indicator's rule.

    A mean over time comes in one row for each number of reports; these are put together as
    exact fractions, so that three thirds make one.
    """
    groups: dict[Key, list[tuple[Any, ...]]] = defaultdict(list)
    for scope, basis, cell, period, *rest in fetched:
        groups[(scope, basis, cell, period)].append(tuple(rest))
    return {key: _across(parts, rules) for key, parts in groups.items()}


def _across(parts: list[tuple[Any, ...]], rules: RulesAt) -> _Value:
    contributors = sum(part[4] for part in parts)
    qualifier = max(part[5] for part in parts)
    shared = sum(int(part[6]) for part in parts)
    if rules.kind == Kind.RATING:
        return _Value(contributors * SCALE, 1, qualifier, 0, None)
    if rules.kind == Kind.DISTINCT:
        unnamed = sum(int(part[1]) for part in parts)
        return _Value(unnamed, 1, qualifier, shared, unnamed)
    if rules.kind == Kind.PERCENTAGE:
        return _Value(
            sum(int(part[1]) for part in parts),
            sum(int(part[2]) for part in parts),
            qualifier,
            shared,
            None,
        )
    total = sum((Fraction(int(part[1]), part[0]) for part in parts), Fraction(0))
    if rules.across == Across.NONE and contributors > 1:
        return _Value(None, contributors, None, shared, None)
    if rules.across == Across.MAX:
        total = max(Fraction(int(part[3]), part[0]) for part in parts)
    if rules.across == Across.MEAN:
        if rules.over_time != OverTime.MEAN:
            return _Value(int(total), contributors, qualifier, shared, None)
        total /= contributors
    numerator, denominator = _storable(total)
    return _Value(numerator, denominator, qualifier, shared, None)


def _storable(number: Fraction) -> tuple[int, int]:
    """A fraction as a pair of 64-bit integers; exact unless it needs more than 63 bits."""
    if abs(number.numerator) <= BIGGEST:
        return number.numerator, number.denominator
    room = max(1, BIGGEST // (abs(int(number)) + 1))
    denominator = min(number.denominator, room)
    return round(number * denominator), denominator


def _ids(numbers: Iterable[int]) -> str:
    """Whole numbers for an IN list; never text."""
    return ", ".join(str(int(number)) for number in sorted(numbers)) or "NULL"


def _sqlite_moment(moment: datetime) -> str:
    """A moment as SQLite keeps it: naive UTC text, which compares in order."""
    return str(moment.astimezone(UTC).replace(tzinfo=None))
