"""Worked cases as data: what a case is made of, and the reader of case files.

The format is described in README.md beside this module. Nothing here computes a figure.

A place is written as an ISO3 country (`KEN`), a city in a country (`KEN/Nairobi`; inside a project
with a `country` just `Nairobi`), or nothing (global, several countries), which is `NOWHERE`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

KINDS = ("quantity", "percentage", "distinct", "rating")
OVER_TIME = ("sum", "latest", "max", "mean")
ACROSS = ("sum", "max", "mean", "none")
DIRECTIONS = ("increase", "decrease")
DUE = ("period", "half_year", "year")
STATUSES = ("draft", "submitted", "verified", "approved", "returned", "withdrawn")
STATES = ("reported", "not_applicable", "not_available")
QUALIFIERS = ("exact", "at_least", "more_than", "about")
BASES = ("official", "provisional")
REFUSALS = (
    "cells_exceed_total",
    "credit_not_comparable",
    "denominator_zero",
    "missing_denominator",
    "negative_not_allowed",
    "not_a_number",
    "numerator_exceeds_denominator_in_cell",
    "period_closed",
    "too_many_decimals",
    "unknown_category",
)

PLAN = "plan"
HEADQUARTERS = "HQ"
NOWHERE = ""

CASE_KEYS = (
    "id",
    "title",
    "source",
    "plan",
    "periods",
    "indicators",
    "projects",
    "entries",
    "expect",
)
INDICATOR_KEYS = (
    "kind",
    "over_time",
    "across",
    "direction",
    "baseline",
    "target",
    "target_period",
    "milestones",
    "scopes",
    "dimensions",
    "scale",
    "feeds",
    "unit",
    "due",
    "allow_negative",
)
PROJECT_KEYS = ("office", "country", "places", "start", "end", "reports")
ENTRY_KEYS = (
    "project",
    "indicator",
    "place",
    "period",
    "status",
    "state",
    "value",
    "numerator",
    "denominator",
    "items",
    "unnamed",
    "rating",
    "cells",
    "qualifier",
    "also",
    "by",
    "refused",
)

DECIMAL_KEYS = (
    "to_date",
    "in_period",
    "numerator",
    "denominator",
    "shared",
    "unnamed",
    "progress",
    "expected_progress",
)
COUNT_KEYS = ("reported", "expected")
WORD_KEYS = ("qualifier", "in_period_qualifier", "status")
EXPECTATION_KEYS = (*DECIMAL_KEYS, *COUNT_KEYS, *WORD_KEYS, "unspecified", "ratings")

_LABEL = re.compile(r"(\d{4})(?:-(?:Q([1-4])|H([12])))?")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{3}")


class CaseError(Exception):
    """A case file is malformed; the message names the file, the case and what is wrong."""


# Labels and numbers


def parse_number(text: str) -> Fraction | None:
    """The exact value of a plain decimal text, or None where it is not one (n/a, NaN, 1e3)."""
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        return None
    return Fraction(stripped)


def as_text(value: Fraction | int | None) -> str | None:
    """A number for display: 2 decimals, half up (away from zero); no value stays None."""
    if value is None:
        return None
    hundredths = (abs(Fraction(value)) * 200 + 1) // 2
    sign = "-" if value < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


def period_start(label: str) -> date:
    """First day of `2020-Q1`, `2020-H1` or `2020`; ValueError for any other label."""
    year, month, _ = _label_parts(label)
    return date(year, month, 1)


def period_end(label: str) -> date:
    """Last day of `2020-Q1`, `2020-H1` or `2020`; ValueError for any other label."""
    year, month, months = _label_parts(label)
    last = month + months - 1
    return date(year, last, monthrange(year, last)[1])


def _label_parts(label: str) -> tuple[int, int, int]:
    """Year, first month and number of months of a label."""
    match = _LABEL.fullmatch(label)
    if match is None:
        raise ValueError(f"{label!r} is not a period (2020-Q1, 2020-H1 or 2020)")
    year, quarter, half = match.groups()
    if quarter:
        return int(year), 3 * int(quarter) - 2, 3
    if half:
        return int(year), 6 * int(half) - 5, 6
    return int(year), 1, 12


def country_of(place: str) -> str | None:
    """The ISO3 country of a place; None for a place that is none."""
    return place.split("/")[0] or None


def contains(outer: str, inner: str) -> bool:
    """Whether one place is inside the other: nowhere holds everything, a country its cities."""
    return outer in (inner, NOWHERE) or inner.startswith(outer + "/")


# What a case is made of


@dataclass(frozen=True)
class Period:
    """A reporting period: its label with first and last day."""

    label: str

    @property
    def start(self) -> date:
        return period_start(self.label)

    @property
    def end(self) -> date:
        return period_end(self.label)


@dataclass(frozen=True)
class Plan:
    """The plan's dates and settings, and the periods closed before the first entry."""

    start: date
    end: date
    minimum_coverage: Fraction = Fraction(1, 2)
    closed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Goal:
    """Baseline, target and milestones (by period label) of an indicator in one scope."""

    baseline: Fraction | None = None
    target: Fraction | None = None
    target_period: str | None = None
    milestones: dict[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class Dimension:
    """A breakdown: its categories, and whether they add up to the total."""

    name: str
    categories: tuple[str, ...]
    additive: bool = True


@dataclass(frozen=True)
class Indicator:
    """An indicator with its rules and its goals by scope (`plan`, an office, a country)."""

    name: str
    kind: str = "quantity"
    over_time: str = "sum"
    across: str = "sum"
    direction: str = "increase"
    unit: str = ""
    due: str = "period"
    allow_negative: bool = True
    dimensions: tuple[Dimension, ...] = ()
    scale: tuple[str, ...] = ()
    feeds: str | None = None
    goals: dict[str, Goal] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """A project: office, places (one `NOWHERE` when it has none), dates, who reports what."""

    name: str
    office: str = HEADQUARTERS
    places: tuple[str, ...] = (NOWHERE,)
    start: date | None = None
    end: date | None = None
    reports: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Contributor:
    """One project that reports on one indicator for one place."""

    project: str
    indicator: str
    place: str


@dataclass(frozen=True)
class Amount:
    """Numbers as typed: a value, or a numerator and a denominator."""

    value: str | None = None
    numerator: str | None = None
    denominator: str | None = None


@dataclass(frozen=True)
class Entry:
    """One step in the workflow: the whole result of a contributor and period, as typed."""

    contributor: Contributor
    period: str
    status: str
    state: str = "reported"
    amount: Amount = Amount()
    items: tuple[str, ...] | None = None
    unnamed: str | None = None
    rating: str | None = None
    cells: dict[str, Amount] = field(default_factory=dict)
    qualifier: str = "exact"
    also: tuple[str, ...] = ()
    by: str | None = None
    refused: str | None = None


@dataclass(frozen=True)
class Question:
    """What a figure is asked for: indicator x scope x period x basis, cell ('' is the total)."""

    indicator: str
    scope: str
    period: str
    basis: str = "official"
    cell: str = ""
    as_of: int | None = None

    def __str__(self) -> str:
        words = [self.indicator, self.scope, self.period, self.basis]
        if self.cell:
            words.append(f"cell {self.cell}")
        if self.as_of is not None:
            words.append(f"as of entry {self.as_of}")
        return ", ".join(words)


@dataclass(frozen=True)
class Expectation:
    """One line of `expect`: a question, and the values that must come out, as text."""

    question: Question
    values: dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A tiny world: a plan, what is entered in it, and the figures that must come out."""

    id: str
    plan: Plan
    periods: tuple[Period, ...]
    indicators: dict[str, Indicator]
    projects: dict[str, Project]
    entries: tuple[Entry, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    title: str = ""
    source: str = ""
    file: str = ""

    def position(self, label: str) -> int:
        """The place of a period in the plan's order, from 0."""
        return [period.label for period in self.periods].index(label)

    def feeders(self, name: str) -> tuple[str, ...]:
        """The indicators that feed this one; any makes it a headline."""
        return tuple(other.name for other in self.indicators.values() if other.feeds == name)

    def dimensions(self, name: str) -> tuple[Dimension, ...]:
        """The breakdowns that an indicator's figures have; of a headline, those of all feeders."""
        feeders = [self.indicators[feeder] for feeder in self.feeders(name)]
        if not feeders:
            return self.indicators[name].dimensions
        common = []
        for first in feeders[0].dimensions:
            same = [d for feeder in feeders for d in feeder.dimensions if d.name == first.name]
            if len(same) == len(feeders):
                # Decided: feeders with other categories of the same dimension make the union.
                categories = tuple(dict.fromkeys(c for d in same for c in d.categories))
                common.append(Dimension(first.name, categories, all(d.additive for d in same)))
        return tuple(common)

    def contributors(self) -> tuple[Contributor, ...]:
        """Who is expected to report: what `reports` says, else what entries (not refused) name."""
        found = []
        for project in self.projects.values():
            for indicator in self.indicators:
                places: Iterable[str]
                if indicator in project.reports:
                    places = project.reports[indicator]
                else:
                    places = [
                        entry.contributor.place
                        for entry in self.entries
                        if entry.refused is None
                        and entry.contributor.project == project.name
                        and entry.contributor.indicator == indicator
                    ]
                for place in dict.fromkeys(places):
                    found.append(Contributor(project.name, indicator, place))
        return tuple(found)


# The reader

# The one in C, where PyYAML comes with it: some ten times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_cases(directory: Path | str) -> list[Case]:
    """All cases of all *.yaml files in a directory, in order; CaseError for a malformed one."""
    folder = Path(directory)
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise CaseError(f"{folder}: no case files (*.yaml)")
    cases: list[Case] = []
    for file in files:
        cases.extend(read_file(file))
    seen: dict[str, str] = {}
    for case in cases:
        if case.id in seen:
            raise CaseError(f"{case.file}: case {case.id}: this id is also in {seen[case.id]}")
        seen[case.id] = case.file
    return cases


def read_file(file: Path) -> list[Case]:
    """All cases of one file."""
    try:
        return list(_read_text(file.read_text(encoding="utf-8"), file.name))
    except UnicodeDecodeError as error:
        raise CaseError(f"{file.name}: not readable as YAML: {error}") from error


@cache  # several modules of tests make a test of each case
def _read_text(text: str, file: str) -> tuple[Case, ...]:
    """All cases of the text of a file of that name."""
    try:
        content = yaml.load(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise CaseError(f"{file}: not readable as YAML: {error}") from error
    if content is None:
        return ()
    if not isinstance(content, list):
        raise CaseError(f"{file}: a list of cases is wanted")
    cases = []
    for number, data in enumerate(content, start=1):
        name = data.get("id") if isinstance(data, dict) else None
        try:
            cases.append(read_case(data, file))
        except (ValueError, TypeError) as error:
            label = name or f"number {number}"
            raise CaseError(f"{file}: case {label}: {error}") from error
    return tuple(cases)


def read_case(data: Any, file: str = "") -> Case:
    """One case from its parsed YAML; ValueError says what is wrong."""
    _known(
        data,
        "case",
        CASE_KEYS,
    )
    if not data.get("id"):
        raise ValueError("id is missing")
    periods = _read_periods(data.get("periods"))
    plan = _read_plan(data.get("plan") or {}, periods)
    indicators = {
        str(name): _read_indicator(str(name), value or {})
        for name, value in _mapping(data.get("indicators"), "indicators").items()
    }
    _check_feeds(indicators)
    projects = {
        str(name): _read_project(str(name), value or {}, indicators)
        for name, value in _mapping(data.get("projects"), "projects").items()
    }
    world = Case(
        id=str(data["id"]),
        title=str(data.get("title") or ""),
        source=str(data.get("source") or ""),
        file=file,
        plan=plan,
        periods=periods,
        indicators=indicators,
        projects=projects,
    )
    entries = tuple(
        _numbered("entry", number, _read_entry, value, world)
        for number, value in enumerate(_list(data.get("entries"), "entries"), start=1)
    )
    expectations = tuple(
        _numbered("expectation", number, _read_expectation, value, world, len(entries))
        for number, value in enumerate(_list(data.get("expect"), "expect"), start=1)
    )
    case = replace(world, entries=entries, expectations=expectations)
    _check_places(case.contributors())
    return case


def _read_periods(value: Any) -> tuple[Period, ...]:
    labels = [str(label) for label in _list(value, "periods")]
    if not labels:
        raise ValueError("periods are missing")
    for before, after in pairwise(labels):
        if (period_start(after) - period_end(before)).days != 1:
            raise ValueError(f"period {after} does not follow {before} without gap or overlap")
    for label in labels:
        _label_parts(label)
    return tuple(Period(label) for label in labels)


def _read_plan(data: Any, periods: tuple[Period, ...]) -> Plan:
    _known(data, "plan", ["start", "end", "minimum_coverage", "closed"])
    closed = tuple(str(label) for label in _list(data.get("closed"), "closed"))
    for label in closed:
        _one_of(label, [period.label for period in periods], "closed period")
    minimum = _number(data.get("minimum_coverage"), "minimum_coverage")
    return Plan(
        start=_date(data.get("start"), "start") or periods[0].start,
        end=_date(data.get("end"), "end") or periods[-1].end,
        minimum_coverage=Fraction(1, 2) if minimum is None else minimum,
        closed=closed,
    )


def _read_indicator(name: str, data: Any) -> Indicator:
    _known(
        data,
        f"indicator {name}",
        INDICATOR_KEYS,
    )
    kind = _one_of(data.get("kind", "quantity"), KINDS, "kind")
    over_time = _one_of(data.get("over_time", "sum"), OVER_TIME, "over_time")
    across = _one_of(data.get("across", "sum"), ACROSS, "across")
    if kind == "rating":
        over_time = "latest"
    if kind != "quantity":
        across = "sum"
    if kind in ("percentage", "distinct") and over_time not in ("sum", "latest"):
        raise ValueError(f"indicator {name}: a {kind} is summed or latest, not {over_time}")
    dimensions = tuple(
        _read_dimension(str(key), value)
        for key, value in _mapping(data.get("dimensions"), "dimensions").items()
    )
    codes = [code for dimension in dimensions for code in dimension.categories]
    if len(codes) != len(set(codes)):
        raise ValueError(f"indicator {name}: a category code is there twice")
    plan_goal = {
        key: data[key]
        for key in ("baseline", "target", "target_period", "milestones")
        if key in data
    }
    goals = {}
    for scope, value in [
        (PLAN, plan_goal),
        *_mapping(data.get("scopes"), "scopes").items(),
    ]:
        if value:
            goals[str(scope)] = _read_goal(value, data.get("target_period"))
    direction = _one_of(data.get("direction", "increase"), DIRECTIONS, "direction")
    for goal in goals.values():
        _check_goal(goal, kind in ("quantity", "distinct") and over_time == "sum", direction)
    return Indicator(
        name=name,
        kind=kind,
        over_time=over_time,
        across=across,
        direction=direction,
        unit=str(data.get("unit") or ""),
        due=_one_of(data.get("due", "period"), DUE, "due"),
        allow_negative=_boolean(data.get("allow_negative", True), "allow_negative"),
        dimensions=dimensions,
        scale=tuple(str(level) for level in _list(data.get("scale"), "scale")),
        feeds=None if data.get("feeds") is None else str(data["feeds"]),
        goals=goals,
    )


def _read_dimension(name: str, data: Any) -> Dimension:
    _known(data, f"dimension {name}", ["categories", "additive"])
    categories = tuple(str(code) for code in _list(data.get("categories"), "categories"))
    return Dimension(name, categories, _boolean(data.get("additive", True), "additive"))


def _read_goal(data: Any, default_period: Any) -> Goal:
    _known(data, "goal", ["baseline", "target", "target_period", "milestones"])
    period = data.get("target_period", default_period)
    if period is not None:
        _label_parts(str(period))
    milestones = {}
    for label, value in _mapping(data.get("milestones"), "milestones").items():
        _label_parts(str(label))
        number = _number(value, f"milestone {label}")
        if number is None:
            raise ValueError(f"milestone {label} has no value")
        milestones[str(label)] = number
    return Goal(
        baseline=_number(data.get("baseline"), "baseline"),
        target=_number(data.get("target"), "target"),
        target_period=None if period is None else str(period),
        milestones=milestones,
    )


def _check_goal(goal: Goal, counts_from_start: bool, direction: str) -> None:
    """Refuse what cannot be set as a goal."""
    if counts_from_start and goal.baseline:
        raise ValueError("baseline_not_zero")
    if counts_from_start and goal.target is not None and direction != "increase":
        raise ValueError("sum_must_increase")
    baseline = Fraction(0) if counts_from_start else goal.baseline
    if goal.target is not None and baseline is not None:
        wrong = goal.target < baseline if direction == "increase" else goal.target > baseline
        if wrong:
            raise ValueError("target_against_direction")


def _check_feeds(indicators: dict[str, Indicator]) -> None:
    for indicator in indicators.values():
        if indicator.feeds is None:
            continue
        headline = indicators.get(indicator.feeds)
        if headline is None or headline is indicator:
            raise ValueError(f"indicator {indicator.name} feeds {indicator.feeds}, not an other")
        if headline.feeds is not None:
            raise ValueError(f"headline {headline.name} feeds a headline itself")


def _read_project(name: str, data: Any, indicators: dict[str, Indicator]) -> Project:
    _known(data, f"project {name}", PROJECT_KEYS)
    country = data.get("country")
    if country is not None and not _COUNTRY.fullmatch(str(country)):
        raise ValueError(f"project {name}: country {country} is not an ISO3 code")
    places = tuple(_place(p, country) for p in _list(data.get("places"), "places"))
    if not places:
        places = (NOWHERE if country is None else str(country),)
    reports = {}
    for indicator, value in _mapping(data.get("reports"), "reports").items():
        _one_of(str(indicator), list(indicators), f"project {name} reports: indicator")
        named = tuple(_place(place, country) for place in _list(value, "reports"))
        reports[str(indicator)] = places if value is None else named
    return Project(
        name=name,
        office=str(data.get("office") or HEADQUARTERS),
        places=places,
        start=_date(data.get("start"), "start"),
        end=_date(data.get("end"), "end"),
        reports=reports,
    )


def _check_places(contributors: tuple[Contributor, ...]) -> None:
    for one in contributors:
        for other in contributors:
            same_series = (one.project, one.indicator) == (other.project, other.indicator)
            if same_series and one is not other and contains(one.place, other.place):
                raise ValueError(f"places_overlap: {one} and {other}")


def _place(value: Any, country: Any) -> str:
    """A place in full: KEN, KEN/Nairobi, or nothing."""
    place = "" if value is None else str(value)
    if place == NOWHERE or _COUNTRY.fullmatch(place):
        return place
    if "/" in place and _COUNTRY.fullmatch(place.split("/")[0]):
        return place
    if country is None or "/" in place:
        raise ValueError(f"place {place} is neither an ISO3 code nor a city (KEN/Nairobi)")
    return f"{country}/{place}"


def _entry_place(name: str, project: Project) -> str:
    """The place that an entry names: one of the project's by its city, or any place in full."""
    cities = [place for place in project.places if place.partition("/")[2] == name]
    if len(cities) == 1:
        return cities[0]
    return _place(name, country_of(project.places[0]) if len(project.places) == 1 else None)


def _read_entry(data: Any, world: Case) -> Entry:
    _known(
        data,
        "entry",
        ENTRY_KEYS,
    )
    project = world.projects[_one_of(str(data.get("project")), list(world.projects), "project")]
    indicator = _the_indicator(data, world)
    if world.feeders(indicator):
        raise ValueError(f"nothing is entered on a headline ({indicator})")
    if data.get("place") is not None:
        place = _entry_place(str(data["place"]), project)
    elif len(project.places) == 1:
        place = project.places[0]
    else:
        raise ValueError(f"project {project.name} has several places, and none is named")
    also = tuple(str(name) for name in _list(data.get("also"), "also"))
    for name in also:
        _one_of(name, list(world.indicators), "also")
    items = data.get("items")
    refused = data.get("refused")
    return Entry(
        contributor=Contributor(project.name, indicator, place),
        period=_one_of(str(data.get("period")), [p.label for p in world.periods], "period"),
        status=_one_of(data.get("status"), STATUSES, "status"),
        state=_one_of(data.get("state", "reported"), STATES, "state"),
        amount=_amount(data),
        items=None if items is None else tuple(str(item) for item in _list(items, "items")),
        unnamed=_typed(data.get("unnamed")),
        rating=_typed(data.get("rating")),
        cells={
            str(code): _amount(value if isinstance(value, dict) else {"value": value})
            for code, value in _mapping(data.get("cells"), "cells").items()
        },
        qualifier=_one_of(data.get("qualifier", "exact"), QUALIFIERS, "qualifier"),
        also=also,
        by=_typed(data.get("by")),
        refused=None if refused is None else _one_of(refused, REFUSALS, "refused"),
    )


def _read_expectation(data: Any, world: Case, entries: int) -> Expectation:
    _known(
        data,
        "expectation",
        ["indicator", "scope", "period", "basis", "cell", "as_of", *EXPECTATION_KEYS],
    )
    as_of = data.get("as_of")
    if as_of is not None and as_of not in range(entries + 1):
        raise ValueError(f"as_of {as_of} is not the number of an entry")
    question = Question(
        indicator=_the_indicator(data, world),
        scope=str(data.get("scope") or PLAN),
        period=_one_of(str(data.get("period")), [p.label for p in world.periods], "period"),
        basis=_one_of(data.get("basis", "official"), BASES, "basis"),
        cell=str(data.get("cell") or ""),
        as_of=as_of,
    )
    values = {key: _wanted(key, data[key]) for key in EXPECTATION_KEYS if key in data}
    if not values:
        raise ValueError("nothing is expected")
    return Expectation(question, values)


def _wanted(key: str, value: Any) -> Any:
    """An expected value in the shape in which figures are written out."""
    if key == "unspecified":
        return {
            str(name): (
                {part: _decimal_text(part, number) for part, number in remainder.items()}
                if isinstance(remainder, dict)
                else _decimal_text(f"unspecified {name}", remainder)
            )
            for name, remainder in _mapping(value, key).items()
        }
    if key == "ratings" and value is not None:
        return {str(level): int(count) for level, count in _mapping(value, key).items()}
    if key in DECIMAL_KEYS:
        return _decimal_text(key, value)
    if key in COUNT_KEYS:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{key} {value!r} is not a count")
        return value
    return None if value is None else str(value)


def _decimal_text(key: str, value: Any) -> str | None:
    return as_text(_number(value, key))


def _the_indicator(data: dict[str, Any], world: Case) -> str:
    """The indicator named, or the only one of the case."""
    if data.get("indicator") is not None:
        return _one_of(str(data["indicator"]), list(world.indicators), "indicator")
    if len(world.indicators) != 1:
        raise ValueError("there are several indicators, and none is named")
    return next(iter(world.indicators))


def _amount(data: dict[str, Any]) -> Amount:
    return Amount(
        _typed(data.get("value")),
        _typed(data.get("numerator")),
        _typed(data.get("denominator")),
    )


def _typed(value: Any) -> str | None:
    """What somebody typed, as text."""
    return None if value is None else str(value)


def _number(value: Any, what: str) -> Fraction | None:
    if value is None:
        return None
    number = parse_number(str(value))
    if number is None:
        raise ValueError(f"{what} {value!r} is not a number")
    return number


def _date(value: Any, what: str) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{what} {value!r} is not a date") from None


def _boolean(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{what} {value!r} is neither true nor false")
    return value


def _one_of(value: Any, allowed: Iterable[str], what: str) -> str:
    choices = list(allowed)
    if value not in choices:
        raise ValueError(f"{what} {value!r} is not one of {', '.join(choices)}")
    return str(value)


def _list(value: Any, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{what}: a list is wanted, not {value!r}")
    return value


def _mapping(value: Any, what: str) -> dict[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{what}: a mapping is wanted, not {value!r}")
    return value


def _known(data: Any, what: str, keys: Iterable[str]) -> None:
    if not isinstance(data, dict):
        raise ValueError(f"{what}: a mapping is wanted, not {data!r}")
    unknown = [str(key) for key in data if key not in keys]
    if unknown:
        raise ValueError(f"{what}: unknown key {', '.join(unknown)}")


def _numbered(what: str, number: int, read: Any, *values: Any) -> Any:
    """Read one line of a list; an error says which."""
    try:
        return read(*values)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{what} {number}: {error}") from error


def unmet(
    case: Case, refusals: Sequence[str | None], answer: Callable[[Question], dict[str, Any]]
) -> list[str]:
    """Every refusal and every expected value that does not come out, one line each.

    `refusals` has a code or None for each entry; `answer` gives the texts of a figure.
    """
    lines = []
    for number, entry in enumerate(case.entries, start=1):
        code = refusals[number - 1]
        if code != entry.refused:
            lines.append(f"entry {number}: refused wanted {entry.refused}, got {code}")
    for number, expectation in enumerate(case.expectations, start=1):
        shown = answer(expectation.question)
        for key, wanted in expectation.values.items():
            got = shown[key]
            if key == "unspecified":
                got = {name: got.get(name) for name in wanted}
            if key == "ratings" and wanted is not None:
                wanted = {level: count for level, count in wanted.items() if count}
            if got != wanted:
                where = f"expect {number} ({expectation.question})"
                lines.append(f"{where}: {key} wanted {wanted}, got {got}")
    return lines
