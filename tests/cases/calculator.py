"""The figures of a case, computed slowly and plainly from the rules of the figures.

It is the second opinion on the roll-up engine and shares nothing with it: the entries of a case are
replayed into a ledger in memory, and each figure is worked out on its own from the postings that
stood at the moment asked for. Numbers are exact fractions throughout.

Where the rules leave something open, a comment that begins with "Decided:" says what was chosen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from habitat_tracker import accounts

from .world import (
    HEADQUARTERS,
    PLAN,
    Amount,
    Case,
    Contributor,
    Dimension,
    Entry,
    Goal,
    Indicator,
    Period,
    Project,
    Question,
    as_text,
    country_of,
    parse_number,
    period_end,
)

ON_TRACK = Fraction(9, 10)
DELAYED = Fraction(6, 10)
QUALIFIER_RANK = {"exact": 0, "at_least": 1, "more_than": 2, "about": 3}

# The office of a country is data that the product ships, as are the countries themselves.
COUNTRIES = Path(accounts.__file__).parent / "data" / "countries.json"
COUNTRY_OFFICE: dict[str, str] = {
    country["iso3"]: country["office"]
    for country in json.loads(COUNTRIES.read_text(encoding="utf-8"))["countries"]
    if country["office"]
}


class Refused(Exception):
    """An entry breaks a rule; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Pair:
    """A numerator over a denominator; a quantity stands over 1."""

    numerator: Fraction
    denominator: Fraction


@dataclass(frozen=True, eq=False)
class Result:
    """A result with its numbers read: what a posting carries."""

    contributor: Contributor
    state: str
    total: Pair | None = None
    cells: dict[str, Pair] = field(default_factory=dict)
    items: frozenset[str] | None = None
    unnamed: int = 0
    rating: str | None = None
    qualifier: str = "exact"
    also: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether there is a value in it; without one it counts as reported, and no more."""
        return self.total is not None or self.items is not None or self.rating is not None

    def amount(self, cell: str) -> Pair | None:
        """The total, or what stands in one cell."""
        return self.cells.get(cell) if cell else self.total


@dataclass
class Posting:
    """A result on one basis, from the entry that posted it until the one that withdrew it."""

    result: Result
    period: int
    basis: str
    posted: int
    withdrawn: int | None = None

    def stands_at(self, moment: int) -> bool:
        """Whether it counts right after the entry with this number."""
        return self.posted <= moment and (self.withdrawn is None or moment < self.withdrawn)


@dataclass
class Standing:
    """Where the workflow is for one contributor and period."""

    approved: Result | None = None
    pending: Result | None = None


@dataclass
class Series:
    """The results of one contributor that count for an indicator, by period."""

    contributor: Contributor
    credited: bool
    results: dict[int, Result] = field(default_factory=dict)


@dataclass(frozen=True)
class RolledUp:
    """One roll-up of chosen results: a value, or none, with what travels with it."""

    value: Fraction | None = None
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    unnamed: Fraction | None = None
    qualifier: str | None = None
    several: bool = False


NO_VALUE = RolledUp()


@dataclass(frozen=True)
class Figure:
    """The answer to a question. No value is None, which is not 0."""

    to_date: Fraction | None
    in_period: Fraction | None
    numerator: Fraction | None
    denominator: Fraction | None
    shared: Fraction | None
    unnamed: Fraction | None
    reported: int
    expected: int
    qualifier: str | None
    in_period_qualifier: str | None
    unspecified: dict[str, Fraction | Pair]
    ratings: dict[str, int] | None
    ratings_in_period: dict[str, int] | None
    status: str | None
    progress: Fraction | None
    expected_progress: Fraction | None

    def as_text(self) -> dict[str, Any]:
        """The figure as it is shown: decimals with 2 places, half up."""
        shown: dict[str, Any] = {}
        for name in [each.name for each in fields(self)]:
            value = getattr(self, name)
            if name == "unspecified":
                shown[name] = {key: _remainder_text(left) for key, left in value.items()}
            elif isinstance(value, Fraction):
                shown[name] = as_text(value)
            else:
                shown[name] = value
        return shown


def _remainder_text(left: Fraction | Pair) -> Any:
    if isinstance(left, Pair):
        return {"numerator": as_text(left.numerator), "denominator": as_text(left.denominator)}
    return as_text(left)


class Calculator:
    """Replays the entries of a case, and answers any figure of it.

    `refusals` holds, entry by entry, the code with which it was refused, or None.
    `country_office` gives the office of a country, for projects of headquarters.
    """

    def __init__(self, case: Case, country_office: Mapping[str, str] | None = None) -> None:
        self.case = case
        self.country_office = COUNTRY_OFFICE if country_office is None else country_office
        self.refusals: list[str | None] = []
        self.postings: list[Posting] = []
        self.contributors = case.contributors()
        self._standings: dict[tuple[Contributor, int], Standing] = {}
        for number, entry in enumerate(case.entries, start=1):
            try:
                self._replay(number, entry)
            except Refused as refused:
                self.refusals.append(refused.code)
            else:
                self.refusals.append(None)

    # Entries to postings

    def _replay(self, number: int, entry: Entry) -> None:
        """Take one step of the workflow, and bring the postings of both bases in line."""
        result = read_result(self.case, entry)
        period = self.case.position(entry.period)
        standing = self._standings.setdefault((entry.contributor, period), Standing())
        if entry.status == "approved":
            standing.approved = result
            standing.pending = None
        elif entry.status in ("submitted", "verified"):
            standing.pending = result
        elif entry.status in ("draft", "returned"):
            standing.pending = None
        elif standing.pending is not None:
            # Decided: only what is submitted or verified is pending; a withdrawal while a
            # correction is a draft or returned withdraws the approved result.
            standing.pending = None
        else:
            standing.approved = None
        provisional = standing.pending if standing.pending is not None else standing.approved
        self._post(number, entry.contributor, period, "official", standing.approved)
        self._post(number, entry.contributor, period, "provisional", provisional)

    def _post(
        self,
        number: int,
        contributor: Contributor,
        period: int,
        basis: str,
        result: Result | None,
    ) -> None:
        """Make `result` the one posting that stands; postings are withdrawn, never edited."""
        for posting in self.postings:
            if posting.withdrawn is not None:
                continue
            if (posting.result.contributor, posting.period, posting.basis) == (
                contributor,
                period,
                basis,
            ):
                if posting.result is result:
                    return
                posting.withdrawn = number
        if result is not None:
            self.postings.append(Posting(result, period, basis, number))

    # Figures

    def answer(self, question: Question) -> Figure:
        """The figure that a question asks for."""
        return self.figure(
            question.indicator,
            question.scope,
            question.period,
            question.basis,
            question.cell,
            question.as_of,
        )

    def figure(
        self,
        indicator: str,
        scope: str,
        period: str,
        basis: str,
        cell: str = "",
        as_of: int | None = None,
    ) -> Figure:
        """One figure; `as_of` is the number of the entry right after which it is asked."""
        rules = self.case.indicators[indicator]
        now = self.case.position(period)
        headline = bool(self.case.feeders(indicator))
        postings = self._standing_postings(basis, as_of)
        series = self._series(indicator, scope, postings)
        known = any(cell in d.categories for d in self.case.dimensions(indicator))

        to_date_results = [looked_at(rules, each, now) for each in series]
        in_period_results = [reported_in(each, now) for each in series]
        shared_results = [looked_at(rules, each, now) for each in series if each.credited]
        if cell and not known:
            to_date = in_period = shared = NO_VALUE
        else:
            to_date = roll_up(rules, to_date_results, cell)
            in_period = roll_up(rules, in_period_results, cell)
            shared = roll_up(rules, shared_results, cell)

        reported, expected = self._coverage(indicator, scope, now, postings)
        is_rating = rules.kind == "rating" and not cell
        ratings = count_ratings(to_date_results) if is_rating else None
        ratings_in_period = count_ratings(in_period_results) if is_rating else None
        percentage = rules.kind == "percentage"
        goal = None if cell else rules.goals.get(scope)
        progress = progress_of(rules, goal, to_date.value)
        expected_progress = self._expected_progress(rules, goal, self.case.periods[now])
        status = None
        if not cell:
            status = self._status(
                rules, goal, to_date, ratings, reported, expected, progress, expected_progress
            )
        return Figure(
            to_date=to_date.value,
            in_period=in_period.value,
            numerator=to_date.numerator if percentage else None,
            denominator=to_date.denominator if percentage else None,
            shared=None if headline else shared_part(shared),
            unnamed=to_date.unnamed,
            reported=reported,
            expected=expected,
            qualifier=to_date.qualifier,
            in_period_qualifier=in_period.qualifier,
            unspecified={} if cell else self._unspecified(rules, to_date_results, to_date),
            ratings=ratings,
            ratings_in_period=ratings_in_period,
            status=status,
            progress=progress,
            expected_progress=expected_progress,
        )

    def _standing_postings(self, basis: str, as_of: int | None) -> list[Posting]:
        """The postings of a basis that stood at a moment."""
        moment = len(self.case.entries) if as_of is None else as_of
        return [
            posting
            for posting in self.postings
            if posting.basis == basis and posting.stands_at(moment)
        ]

    def _series(self, indicator: str, scope: str, postings: list[Posting]) -> list[Series]:
        """The series of every contributor in scope: own, credited, or a headline's, each once."""
        feeders = self.case.feeders(indicator)
        found: dict[Contributor, Series] = {}
        for posting in postings:
            result = posting.result
            contributor = result.contributor
            if not self.in_scope(contributor, scope):
                continue
            # Only what is reported is credited: the other states carry no value and no coverage.
            also = result.also if result.state == "reported" else ()
            if feeders:
                own = contributor.indicator in feeders
                credited = any(name in feeders for name in also)
            else:
                own = contributor.indicator == indicator
                credited = indicator in also
            if own or credited:
                series = found.setdefault(contributor, Series(contributor, credited=not own))
                series.results[posting.period] = result
        return list(found.values())

    def in_scope(self, contributor: Contributor, scope: str) -> bool:
        """Whether a contributor counts in the plan, an office (with all below it), or a country."""
        country = country_of(contributor.place)
        # Headquarters stands above all offices, so it holds whatever the plan holds.
        if scope in (PLAN, HEADQUARTERS):
            return True
        return scope in (country, self.office_of(contributor))

    def office_of(self, contributor: Contributor) -> str:
        """The office of a contributor's project; for headquarters that of its place's country."""
        office = self.case.projects[contributor.project].office
        country = country_of(contributor.place)
        if office == HEADQUARTERS and country is not None:
            return self.country_office.get(country, HEADQUARTERS)
        return office

    # Coverage

    def _coverage(
        self, indicator: str, scope: str, now: int, postings: list[Posting]
    ) -> tuple[int, int]:
        """How many of those expected in the period have reported for it, and how many they are."""
        indicators = self.case.feeders(indicator) or (indicator,)
        reported = expected = 0
        for contributor in self.contributors:
            if contributor.indicator not in indicators or not self.in_scope(contributor, scope):
                continue
            states = {
                posting.period: posting.result.state
                for posting in postings
                if posting.result.contributor == contributor
            }
            if not self._due(contributor, self.case.periods[now]) or exempt(states, now):
                continue
            expected += 1
            if states.get(now) == "reported":
                reported += 1
        return reported, expected

    def _due(self, contributor: Contributor, period: Period) -> bool:
        """Whether the period shares a day with the project, and the indicator is due in it."""
        project: Project = self.case.projects[contributor.project]
        if project.start is not None and period.end < project.start:
            return False
        if project.end is not None and period.start > project.end:
            return False
        # Decided: the last period of a half-year (year) is the one that ends with it.
        due = self.case.indicators[contributor.indicator].due
        if due == "half_year":
            return period.end.month in (6, 12)
        if due == "year":
            return period.end.month == 12
        return True

    # Breakdowns

    def _unspecified(
        self, rules: Indicator, results: list[list[Result]], total: RolledUp
    ) -> dict[str, Fraction | Pair]:
        """What the cells of each additive dimension leave of the total."""
        if total.value is None or rules.kind not in ("quantity", "percentage"):
            return {}
        # Percentages are always summed across, whatever the rule says.
        across = "sum" if rules.kind == "percentage" else rules.across
        if rules.over_time not in ("sum", "latest") or across != "sum":
            return {}
        left: dict[str, Fraction | Pair] = {}
        for dimension in self.case.dimensions(rules.name):
            if dimension.additive:
                left[dimension.name] = remainder(rules, results, dimension, total)
        return left

    # Progress

    def _expected_progress(
        self, rules: Indicator, goal: Goal | None, period: Period
    ) -> Fraction | None:
        """That of the period's milestone, else linear in days between the neighbours.

        Decided: it follows from the goal alone, so it is there even where there is no value yet.
        """
        span = distance(rules, goal)
        if goal is None or span is None or span[1] == 0:
            return None
        baseline, length = span
        if period.label in goal.milestones:
            return 100 * (goal.milestones[period.label] - baseline) / length
        target_day = self.case.plan.end
        if goal.target_period is not None:
            target_day = period_end(goal.target_period)
        # Decided: a milestone on the target's day stands there instead of the target.
        points = {self.case.plan.start - timedelta(days=1): Fraction(0), target_day: Fraction(100)}
        for label, milestone in goal.milestones.items():
            points[period_end(label)] = 100 * (milestone - baseline) / length
        before = max(day for day in points if day <= period.end)
        later = [day for day in points if day > period.end]
        if not later:
            # Decided: after the last point the pace stays where it was.
            return points[before]
        after = min(later)
        part = Fraction((period.end - before).days, (after - before).days)
        return points[before] + part * (points[after] - points[before])

    def _status(
        self,
        rules: Indicator,
        goal: Goal | None,
        to_date: RolledUp,
        ratings: dict[str, int] | None,
        reported: int,
        expected: int,
        progress: Fraction | None,
        expected_progress: Fraction | None,
    ) -> str:
        """The first rule that matches."""
        value = to_date.value
        if value is None and not ratings and not to_date.several:
            return "no_data"
        if value is None or goal is None or goal.target is None:
            return "no_target"
        span = distance(rules, goal)
        if span is None:
            return "no_target"
        good = at_least_as_good(rules, value, goal.target)
        # Decided: "an increasing sum" is any indicator with that time rule, a percentage too.
        delivered = good and rules.over_time == "sum" and rules.direction == "increase"
        minimum = self.case.plan.minimum_coverage
        if expected > 0 and reported < minimum * expected and not delivered:
            return "low_coverage"
        if span[1] == 0:
            return "maintained" if good else "not_maintained"
        if good:
            return "achieved"
        if progress is None or expected_progress is None:
            raise AssertionError("a target with a baseline has a progress")
        if progress < 0:
            return "regressed"
        if expected_progress <= 0:
            return "not_due"
        performance = progress / expected_progress
        if performance >= ON_TRACK:
            return "on_track"
        if performance >= DELAYED:
            return "delayed"
        return "off_track"


# What was typed, read and checked


def read_result(case: Case, entry: Entry) -> Result:
    """The result that an entry sets; Refused where it breaks a rule."""
    # Decided: a closed period refuses drafts too, since a draft is a way in.
    if entry.period in case.plan.closed:
        raise Refused("period_closed")
    contributor = entry.contributor
    if entry.status == "withdrawn" or entry.state != "reported":
        return Result(contributor, entry.state)
    rules = case.indicators[contributor.indicator]
    total, cells, items, rating = None, {}, None, None
    if rules.kind == "quantity":
        total = read_quantity(rules, entry.amount)
        cells = {code: read_quantity(rules, amount) for code, amount in entry.cells.items()}
    elif rules.kind == "percentage":
        total = read_percentage(rules, entry.amount)
        cells = {code: read_percentage(rules, amount) for code, amount in entry.cells.items()}
    elif rules.kind == "distinct":
        if entry.items is not None or entry.unnamed is not None:
            items = frozenset(entry.items or ())
    elif entry.rating is not None:
        # Decided: a level that is not on the scale is an unknown category.
        if entry.rating not in rules.scale:
            raise Refused("unknown_category")
        rating = entry.rating
    filled = {code: amount for code, amount in cells.items() if amount is not None}
    check_cells(rules, total, entry.cells, filled)
    also = tuple(dict.fromkeys(entry.also))
    for name in also:
        check_credit(case, rules, name)
    return Result(
        contributor=contributor,
        state="reported",
        total=total,
        cells=filled,
        items=items,
        unnamed=read_unnamed(entry.unnamed) if rules.kind == "distinct" else 0,
        rating=rating,
        qualifier=entry.qualifier,
        also=also,
    )


def read_decimal(rules: Indicator, text: str) -> Fraction:
    """A decimal as typed, exactly."""
    number = parse_number(text)
    if number is None:
        raise Refused("not_a_number")
    # Decided: zeros at the end are no decimals (1.0000000 is 1).
    if (number * 10**6).denominator != 1:
        raise Refused("too_many_decimals")
    if number < 0 and not rules.allow_negative:
        raise Refused("negative_not_allowed")
    return number


def read_quantity(rules: Indicator, amount: Amount) -> Pair | None:
    """A quantity over 1. Left out it is no value, which is not refused."""
    if amount.value is None:
        return None
    return Pair(read_decimal(rules, amount.value), Fraction(1))


def read_percentage(rules: Indicator, amount: Amount) -> Pair:
    """A numerator and a denominator that is not 0; the cells follow the same rule."""
    if amount.denominator is None:
        raise Refused("missing_denominator")
    denominator = read_decimal(rules, amount.denominator)
    if denominator == 0:
        raise Refused("denominator_zero")
    # Decided: a denominator without a numerator is not a number.
    if amount.numerator is None:
        raise Refused("not_a_number")
    return Pair(read_decimal(rules, amount.numerator), denominator)


def read_unnamed(text: str | None) -> int:
    """How many more things there are: a whole number, 0 when not given."""
    number = Fraction(0) if text is None else parse_number(text)
    # Decided: half a thing, or less than none, is not a number of things.
    if number is None or number.denominator != 1 or number < 0:
        raise Refused("not_a_number")
    return int(number)


def check_cells(
    rules: Indicator, total: Pair | None, typed: Iterable[str], cells: dict[str, Pair]
) -> None:
    """Cells are of known categories, and those of an additive dimension fit in the total."""
    # Things and ratings have no entered cells, so every category is unknown to them.
    broken_down = rules.kind in ("quantity", "percentage")
    dimensions = rules.dimensions if broken_down else ()
    for code in typed:
        if not any(code in dimension.categories for dimension in dimensions):
            raise Refused("unknown_category")
    if rules.kind == "percentage":
        # Decided: this holds for the cells of non-additive dimensions too.
        for pair in cells.values():
            if pair.numerator > pair.denominator:
                raise Refused("numerator_exceeds_denominator_in_cell")
    for dimension in dimensions:
        inside = [cells[code] for code in dimension.categories if code in cells]
        if not dimension.additive or not inside or total is None:
            continue
        if sum(pair.numerator for pair in inside) > total.numerator:
            raise Refused("cells_exceed_total")
        denominators = sum(pair.denominator for pair in inside)
        if rules.kind == "percentage" and denominators > total.denominator:
            raise Refused("cells_exceed_total")


def check_credit(case: Case, rules: Indicator, name: str) -> None:
    """Credits join indicators of the same kind (quantity or distinct), unit and time rule sum."""
    other = case.indicators[name]
    comparable = (
        rules.kind == other.kind
        and rules.kind in ("quantity", "distinct")
        and rules.unit == other.unit
        and rules.over_time == other.over_time == "sum"
    )
    # Decided: a result is credited neither to its own indicator nor to a headline.
    if not comparable or other.name == rules.name or case.feeders(name):
        raise Refused("credit_not_comparable")


# Time first


def exempt(states: dict[int, str], now: int) -> bool:
    """Whether a contributor is not applicable: said so at or before now, not reported since."""
    answer = False
    for period in sorted(states):
        if period <= now and states[period] == "not_applicable":
            answer = True
        elif period <= now and states[period] == "reported":
            answer = False
    return answer


def looked_at(rules: Indicator, series: Series, now: int) -> list[Result]:
    """The results of a series that the time rule looks at, to date."""
    past = [series.results[period] for period in sorted(series.results) if period <= now]
    if rules.over_time != "latest" and rules.kind != "rating":
        return [result for result in past if result.state == "reported" and result.usable]
    carried: Result | None = None
    for result in past:
        if result.state == "not_applicable":
            carried = None
        elif result.state == "reported" and result.usable:
            carried = result
    return [] if carried is None else [carried]


def reported_in(series: Series, now: int) -> list[Result]:
    """The result of a series that was reported in the period itself."""
    result = series.results.get(now)
    if result is None or result.state != "reported" or not result.usable:
        return []
    return [result]


# Then place


def roll_up(rules: Indicator, chosen: list[list[Result]], cell: str) -> RolledUp:
    """One value from the chosen results of each contributor."""
    if rules.kind == "quantity":
        return roll_up_quantity(rules, chosen, cell)
    if rules.kind == "percentage":
        return roll_up_percentage(chosen, cell)
    if rules.kind == "distinct" and not cell:
        return roll_up_things(chosen)
    return NO_VALUE


def roll_up_quantity(rules: Indicator, chosen: list[list[Result]], cell: str) -> RolledUp:
    """A value per contributor by the time rule, then one by the rule across."""
    values = []
    qualifiers = []
    for results in chosen:
        amounts = []
        for result in results:
            amount = result.amount(cell)
            if amount is not None:
                amounts.append(amount.numerator)
                qualifiers.append(result.qualifier)
        if amounts:
            values.append(combine(rules.over_time, amounts))
    if not values:
        return NO_VALUE
    if rules.across == "none":
        # Decided: for a cell, those that have a value in the cell are counted.
        if len(values) > 1:
            return RolledUp(several=True)
        return RolledUp(value=values[0], qualifier=worst(qualifiers))
    return RolledUp(value=combine(rules.across, values), qualifier=worst(qualifiers))


def roll_up_percentage(chosen: list[list[Result]], cell: str) -> RolledUp:
    """The ratio of sums, of whatever the time rule looked at."""
    numerator = denominator = Fraction(0)
    qualifiers = []
    for results in chosen:
        for result in results:
            amount = result.amount(cell)
            if amount is not None:
                numerator += amount.numerator
                denominator += amount.denominator
                qualifiers.append(result.qualifier)
    if not qualifiers or denominator == 0:
        return NO_VALUE
    return RolledUp(
        value=100 * numerator / denominator,
        numerator=numerator,
        denominator=denominator,
        qualifier=worst(qualifiers),
    )


def roll_up_things(chosen: list[list[Result]]) -> RolledUp:
    """The number of different things, plus the unnamed of the same results."""
    things: set[str] = set()
    unnamed = 0
    qualifiers = []
    for results in chosen:
        for result in results:
            things |= result.items or frozenset()
            unnamed += result.unnamed
            qualifiers.append(result.qualifier)
    if not qualifiers:
        return NO_VALUE
    return RolledUp(
        value=Fraction(len(things) + unnamed),
        unnamed=Fraction(unnamed),
        qualifier=worst(qualifiers),
    )


def count_ratings(chosen: list[list[Result]]) -> dict[str, int]:
    """How many contributors stand at each level; levels with nobody are left out."""
    counts: dict[str, int] = {}
    for results in chosen:
        for result in results:
            if result.rating is not None:
                counts[result.rating] = counts.get(result.rating, 0) + 1
    return counts


def combine(rule: str, values: list[Fraction]) -> Fraction:
    """Values by one rule; `latest` is given the one value that it carries."""
    if rule == "max":
        return max(values)
    total = sum(values, Fraction(0))
    if rule == "mean":
        return total / len(values)
    return total


def worst(qualifiers: list[str]) -> str:
    """About before more than before at least before exact."""
    return max(qualifiers, key=lambda qualifier: QUALIFIER_RANK[qualifier])


def shared_part(shared: RolledUp) -> Fraction | None:
    """The part from credited results; 0 when there is none.

    Decided: where the rule across is not sum, it is that rule applied to the credited results.
    """
    if shared.value is None and not shared.several:
        return Fraction(0)
    return shared.value


def remainder(
    rules: Indicator, results: list[list[Result]], dimension: Dimension, total: RolledUp
) -> Fraction | Pair:
    """Total less cells; for a percentage the numerators and the denominators each."""
    inside = [
        result.cells[code]
        for each in results
        for result in each
        for code in dimension.categories
        if code in result.cells
    ]
    numerator = sum((pair.numerator for pair in inside), Fraction(0))
    denominator = sum((pair.denominator for pair in inside), Fraction(0))
    if rules.kind == "percentage":
        assert total.numerator is not None and total.denominator is not None
        return Pair(total.numerator - numerator, total.denominator - denominator)
    assert total.value is not None
    return total.value - numerator


# Goals


def counts_from_start(rules: Indicator) -> bool:
    """Quantities and things with sum count from the plan's start: their baseline is 0."""
    return rules.kind in ("quantity", "distinct") and rules.over_time == "sum"


def distance(rules: Indicator, goal: Goal | None) -> tuple[Fraction, Fraction] | None:
    """Baseline, and the way from it to the target; None where there is no progress to speak of."""
    if goal is None or goal.target is None or rules.kind == "rating":
        return None
    baseline = Fraction(0) if counts_from_start(rules) else goal.baseline
    if baseline is None:
        return None
    return baseline, goal.target - baseline


def progress_of(rules: Indicator, goal: Goal | None, value: Fraction | None) -> Fraction | None:
    """100 x (to date - baseline) / (target - baseline), not capped; none for `maintain`."""
    span = distance(rules, goal)
    if span is None or value is None or span[1] == 0:
        return None
    return 100 * (value - span[0]) / span[1]


def at_least_as_good(rules: Indicator, value: Fraction, target: Fraction) -> bool:
    """In the indicator's direction."""
    return value >= target if rules.direction == "increase" else value <= target
