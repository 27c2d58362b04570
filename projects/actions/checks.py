"""What may be entered: numbers, cells, things and credits of a result, checked field by field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Country
from habitat_tracker.errors import InvalidInput, Problem
from habitat_tracker.fields import parse_decimal
from outcomes.choices import Kind, OverTime, Qualifier, State
from outcomes.models import Category, Indicator, RatingLevel, Thing
from plans.models import ReportingPeriod
from projects.models import ProjectIndicator

# The kind of thing whose names are those of the countries that the product knows.
COUNTRY = "country"
# What one result lists; more is a mistake, or a result to be split.
MOST_THINGS = 2_000

Part = object | Mapping[str, object] | None


@dataclass(frozen=True)
class ResultInput:
    """What somebody entered for one line and period, as they wrote it.

    Numbers are text (or Decimal). `cells` are by category code: a number, or numerator and
    denominator. `things` are things or their names. `credits` are other indicators. `version`
    is that of the revision the person saw; 0 where they saw none, None where they do not care.
    `reason` says why an approved result is corrected; it is needed where a correction begins.
    """

    line: ProjectIndicator
    period: ReportingPeriod
    state: str = State.REPORTED
    value: object | None = None
    numerator: object | None = None
    denominator: object | None = None
    unnamed: object | None = None
    things: Sequence[Thing | str] = ()
    rating: str = ""
    qualifier: int | str = Qualifier.EXACT
    cells: Mapping[str, Part] = field(default_factory=dict)
    credits: Sequence[Indicator] = ()
    narrative: str = ""
    window_start: date | None = None
    window_end: date | None = None
    reason: str = ""
    version: int | None = None


@dataclass
class CheckedCell:
    """A category's part, read and checked."""

    category: Category
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass
class Checked:
    """A result's content, read and checked; nothing is stored yet."""

    values: dict[str, Any]
    cells: list[CheckedCell]
    things: list[Thing | Country | str]
    credits: list[Indicator]


class Checker:
    """Checks many entries with the reference data read once."""

    def __init__(self, entries: Iterable[ResultInput]) -> None:
        self.entries = list(entries)
        indicators = {entry.line.indicator_id for entry in self.entries}
        self.categories: dict[int, dict[str, Category]] = defaultdict(dict)
        for category in Category.objects.filter(indicator__in=indicators).select_related(
            "dimension"
        ):
            self.categories[category.indicator_id][category.code] = category
        self.levels: dict[int, dict[str, RatingLevel]] = defaultdict(dict)
        for level in RatingLevel.objects.filter(indicator__in=indicators):
            self.levels[level.indicator_id][level.code] = level

    @cached_property
    def countries(self) -> dict[str, Country]:
        """Countries by code and by name in every language, in small letters."""
        found: dict[str, Country] = {}
        for country in Country.objects.all():
            for name in (country.iso3, *country.name.values()):
                found[name.casefold()] = country
        return found

    def check(self) -> list[Checked]:
        """Everything entered, read and checked; raises `InvalidInput` with every problem."""
        checked, problems = [], []
        for row, entry in enumerate(self.entries):
            one = _One(self, entry, row)
            checked.append(one.check())
            problems += one.problems
        if problems:
            raise InvalidInput(problems)
        return checked


class _One:
    """The check of one entry; problems are gathered, so that all are shown at once."""

    def __init__(self, checker: Checker, entry: ResultInput, row: int) -> None:
        self.entry = entry
        self.row = row
        self.indicator = entry.line.indicator
        self.categories = checker.categories[self.indicator.pk]
        self.levels = checker.levels[self.indicator.pk]
        self.checker = checker
        self.problems: list[Problem] = []

    def refuse(self, where: str, code: str, message: str) -> None:
        self.problems.append(Problem(where, code, message, self.row))

    def number(self, where: str, written: object | None, *, least: int | None = None) -> Any:
        """A number as written, or None where nothing is written."""
        if written is None or str(written).strip() == "":
            return None
        try:
            number = parse_decimal(written, where)
        except InvalidInput as error:
            self.refuse(where, error.problems[0].code, error.problems[0].message)
            return None
        if number < 0 and (least == 0 or not self.indicator.allow_negative):
            self.refuse(where, "negative_not_allowed", _("The number cannot be below 0."))
        return number

    def check(self) -> Checked:
        entry = self.entry
        values: dict[str, Any] = {
            "state": entry.state,
            "value": None,
            "numerator": None,
            "denominator": None,
            "unnamed": None,
            "rating": None,
            "qualifier": self.qualifier(),
            "narrative": entry.narrative,
            "window_start": entry.window_start,
            "window_end": entry.window_end,
        }
        cells: list[CheckedCell] = []
        things: list[Thing | Country | str] = []
        if entry.state not in State.values:
            self.refuse("state", "unknown_state", _("There is no such state."))
        elif entry.state != State.REPORTED:
            self.nothing_beside(entry)
        elif self.indicator.kind == Kind.QUANTITY:
            values["value"] = self.number("value", entry.value)
            cells = self.cells(values)
        elif self.indicator.kind == Kind.PERCENTAGE:
            values["numerator"], values["denominator"] = self.pair(
                "", entry.numerator, entry.denominator
            )
            cells = self.cells(values)
        elif self.indicator.kind == Kind.DISTINCT:
            values["unnamed"] = self.unnamed()
            things = self.things()
        else:
            values["rating"] = self.rating()
        if entry.state == State.REPORTED and self.indicator.kind in (Kind.DISTINCT, Kind.RATING):
            self.no_cells()
        if entry.window_start and entry.window_end and entry.window_start > entry.window_end:
            self.refuse("window_end", "dates_reversed", _("The end lies before the start."))
        credits = self.credits()
        return Checked(values, cells, things, credits)

    def nothing_beside(self, entry: ResultInput) -> None:
        """A result that is not reported carries no number."""
        given = (entry.value, entry.numerator, entry.denominator, entry.unnamed, entry.rating)
        if any(part not in (None, "") for part in given) or entry.things or entry.cells:
            self.refuse(
                "value",
                "value_without_report",
                _("Remove the number, or mark the result as reported."),
            )

    def qualifier(self) -> int:
        written = self.entry.qualifier
        try:
            if isinstance(written, str) and not written.isdigit():
                return Qualifier.from_word(written)
            return Qualifier(int(written))
        except (KeyError, ValueError):
            self.refuse("qualifier", "unknown_qualifier", _("There is no such qualifier."))
            return Qualifier.EXACT

    def pair(self, prefix: str, numerator: object | None, denominator: object | None) -> Any:
        """Numerator and denominator; the denominator is above 0."""
        top = self.number(f"{prefix}numerator", numerator)
        bottom = self.number(f"{prefix}denominator", denominator, least=0)
        wrong = {problem.field for problem in self.problems}
        if top is not None and bottom is None and f"{prefix}denominator" not in wrong:
            self.refuse(
                f"{prefix}denominator",
                "missing_denominator",
                _("A percentage needs its denominator: of how many?"),
            )
        if bottom is not None and top is None and f"{prefix}numerator" not in wrong:
            self.refuse(
                f"{prefix}numerator", "missing_numerator", _("A percentage needs its numerator.")
            )
        if bottom == 0:
            self.refuse(
                f"{prefix}denominator", "denominator_zero", _("The denominator cannot be 0.")
            )
        return top, bottom

    def cells(self, total: dict[str, Any]) -> list[CheckedCell]:
        found: list[CheckedCell] = []
        for code, written in self.entry.cells.items():
            where = f"cells.{code}"
            category = self.categories.get(code)
            if category is None:
                self.refuse(
                    where,
                    "unknown_category",
                    _("“%(code)s” is not a category of this indicator.") % {"code": code},
                )
                continue
            cell = CheckedCell(category)
            if self.indicator.kind == Kind.PERCENTAGE:
                parts = written if isinstance(written, Mapping) else {"numerator": written}
                cell.numerator, cell.denominator = self.pair(
                    f"{where}.", parts.get("numerator"), parts.get("denominator")
                )
                if (
                    cell.numerator is not None
                    and cell.denominator is not None
                    and cell.numerator > cell.denominator
                ):
                    self.refuse(
                        f"{where}.numerator",
                        "numerator_exceeds_denominator_in_cell",
                        _("The numerator is above the denominator."),
                    )
                if cell.numerator is not None and cell.denominator is not None:
                    found.append(cell)
            else:
                cell.value = self.number(where, written)
                if cell.value is not None:
                    found.append(cell)
        self.within_total(found, total)
        return found

    def no_cells(self) -> None:
        """Things and ratings have no entered cells."""
        for code in self.entry.cells:
            self.refuse(
                f"cells.{code}",
                "unknown_category",
                _("“%(code)s” is not a category of this indicator.") % {"code": code},
            )

    def within_total(self, cells: list[CheckedCell], total: dict[str, Any]) -> None:
        """The cells of an additive dimension together are not above the total."""
        if self.problems:
            return
        by_dimension: dict[str, list[CheckedCell]] = defaultdict(list)
        for cell in cells:
            if cell.category.dimension.additive:
                by_dimension[cell.category.dimension.code].append(cell)
        parts = (
            ("numerator", "denominator") if self.indicator.kind == Kind.PERCENTAGE else ("value",)
        )
        for dimension, group in by_dimension.items():
            for part in parts:
                ceiling = total[part]
                together = sum((getattr(cell, part) for cell in group), Decimal(0))
                if ceiling is None or together > ceiling:
                    self.refuse(
                        f"cells.{group[-1].category.code}",
                        "cells_exceed_total",
                        _("By %(dimension)s the parts make %(parts)s, above the total: %(total)s.")
                        % {
                            "dimension": dimension,
                            "parts": f"{together.normalize():f}",
                            "total": "0" if ceiling is None else f"{ceiling.normalize():f}",
                        },
                    )
                    break

    def unnamed(self) -> Any:
        number = self.number("unnamed", self.entry.unnamed, least=0)
        if number is not None and number != number.to_integral_value():
            self.refuse("unnamed", "not_a_whole_number", _("Things are counted in whole numbers."))
        return number

    def things(self) -> list[Thing | Country | str]:
        things: list[Thing | Country | str] = []
        if len(self.entry.things) > MOST_THINGS:
            self.refuse(
                "things",
                "too_many_things",
                _("A result lists %(most)s things at most.") % {"most": MOST_THINGS},
            )
            return things
        for thing in self.entry.things:
            if isinstance(thing, Thing) and (
                thing.plan_id != self.indicator.plan_id
                or (self.indicator.thing_kind and thing.kind != self.indicator.thing_kind)
            ):
                self.refuse(
                    "things",
                    "unknown_thing",
                    _("%(thing)s is not something that this indicator counts.") % {"thing": thing},
                )
            elif isinstance(thing, Thing):
                things.append(thing)
            elif self.indicator.thing_kind == COUNTRY and thing.strip():
                country = self.checker.countries.get(" ".join(thing.split()).casefold())
                if country is None:
                    self.refuse(
                        "things",
                        "unknown_thing",
                        _("“%(name)s” is not the name of a country.") % {"name": thing.strip()},
                    )
                else:
                    things.append(country)
            elif thing.strip():
                things.append(thing)
        return things

    def rating(self) -> RatingLevel | None:
        if not self.entry.rating:
            return None
        level = self.levels.get(self.entry.rating)
        if level is None:
            self.refuse(
                "rating",
                "unknown_level",
                _("“%(code)s” is not a level of this scale.") % {"code": self.entry.rating},
            )
        return level

    def credits(self) -> list[Indicator]:
        """Credits join indicators of one plan, of the same kind, unit and with time rule sum."""
        mine = self.indicator
        for other in self.entry.credits:
            fits = (
                other.pk != mine.pk
                and other.plan_id == mine.plan_id
                and not other.is_headline
                and other.kind == mine.kind
                and mine.kind in (Kind.QUANTITY, Kind.DISTINCT)
                and other.unit == mine.unit
                and other.thing_kind == mine.thing_kind
                and other.over_time == mine.over_time == OverTime.SUM
            )
            if not fits:
                self.refuse(
                    "credits",
                    "credit_not_comparable",
                    _(
                        "A result can only be credited to indicators of the same kind and unit that"
                        " add up over time; %(code)s is not."
                    )
                    % {"code": other.code},
                )
        return list(self.entry.credits)
