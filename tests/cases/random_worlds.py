"""Random small worlds for comparing two engines, and every question worth asking of one.

A world is valid by construction: no entry of it is refused, the workflow steps follow each other
(a submitted entry after an approved one is a correction), an entry that verifies or returns repeats
what was submitted, and no case is drawn where the rules leave the answer open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from .calculator import Calculator
from .world import (
    BASES,
    DIRECTIONS,
    HEADQUARTERS,
    NOWHERE,
    PLAN,
    QUALIFIERS,
    Amount,
    Case,
    Contributor,
    Dimension,
    Entry,
    Goal,
    Indicator,
    Period,
    Plan,
    Project,
    Question,
    country_of,
    period_end,
)

OFFICES = (HEADQUARTERS, "ROAF", "ROAP")
PLACES = (
    (NOWHERE,),
    ("KEN",),
    ("UGA",),
    ("NPL",),
    ("KEN", "NPL"),
    ("KEN", "UGA", "PHL"),
    ("KEN/Nairobi", "KEN/Kisumu"),
    ("KEN/Nairobi", "UGA"),
)
GOAL_SCOPES = (PLAN, "ROAF", "ROAP", "KEN", "NPL", HEADQUARTERS)
THINGS = ("Cebu", "Huye", "Kigali", "Kisumu", "Nairobi", "Nakuru")
SCALE = ("none", "drafted", "adopted", "implemented")
SEX = Dimension("sex", ("female", "male"))
GROUP = Dimension("group", ("youth", "disability"), additive=False)
MILLION = 10**6

# What may follow, by what is open (a draft, ...) and whether an approved result stands.
NEXT_STATUSES = {
    ("", False): ("approved",) * 5 + ("submitted",) * 2 + ("draft",),
    ("", True): ("approved", "submitted", "submitted", "withdrawn", "draft"),
    ("draft", False): ("approved", "submitted", "draft"),
    ("draft", True): ("approved", "submitted", "draft", "withdrawn"),
    ("submitted", False): ("approved", "verified", "returned", "draft"),
    ("submitted", True): ("approved", "verified", "returned", "withdrawn", "draft"),
    ("verified", False): ("approved", "returned"),
    ("verified", True): ("approved", "returned", "withdrawn"),
    ("returned", False): ("approved", "submitted", "draft"),
    ("returned", True): ("approved", "submitted", "draft", "withdrawn"),
}


@dataclass
class Progress:
    """Where the workflow stands for one contributor and period while entries are drawn."""

    open: str = ""
    approved: bool = False
    last: Entry | None = None


def decimal_text(units: int) -> str:
    """Millionths as a plain decimal without zeros at the end."""
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), MILLION)
    decimals = f"{rest:06d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def units(lowest: int = 0, highest: int = 1000) -> st.SearchStrategy[int]:
    """Millionths: mostly small whole numbers, sometimes with up to six decimals."""
    return st.one_of(
        st.integers(lowest, min(highest, 12)).map(lambda number: number * MILLION),
        st.integers(lowest * MILLION, highest * MILLION),
    )


def fractions(lowest: int, highest: int) -> st.SearchStrategy[Fraction]:
    """Numbers with up to six decimals."""
    return units(lowest, highest).map(lambda number: Fraction(number, MILLION))


@st.composite
def worlds(draw: st.DrawFn, due: bool = True) -> Case:
    """A random case without expectations; `due=False` leaves out half-yearly and yearly ones."""
    periods = draw(period_runs())
    plan = draw(plans(periods))
    indicators = draw(indicator_sets(periods, plan, due))
    case = Case("random", plan, periods, indicators, {})
    case = replace(case, projects=draw(project_sets(case)))
    return replace(case, entries=draw(entry_lists(case)))


@st.composite
def period_runs(draw: st.DrawFn) -> tuple[Period, ...]:
    """2 to 6 quarters, half-years and years that follow each other."""
    month = draw(st.sampled_from((1, 1, 1, 4, 7, 10)))
    year = 2020
    labels = []
    for _ in range(draw(st.integers(2, 6))):
        lengths = [3] + [6] * (month in (1, 7)) + [12] * (month == 1)
        length = draw(st.sampled_from(lengths))
        if length == 3:
            labels.append(f"{year}-Q{(month + 2) // 3}")
        elif length == 6:
            labels.append(f"{year}-H{(month + 5) // 6}")
        else:
            labels.append(str(year))
        year, month = year + (month + length) // 13, (month + length - 1) % 12 + 1
    return tuple(Period(label) for label in labels)


@st.composite
def plans(draw: st.DrawFn, periods: tuple[Period, ...]) -> Plan:
    """Mostly the dates of the periods; sometimes the plan goes on after the last of them."""
    return Plan(
        start=periods[0].start,
        end=draw(st.sampled_from((periods[-1].end, periods[-1].end, date(2027, 12, 31)))),
        minimum_coverage=Fraction(draw(st.sampled_from((0, 1, 1, 2, 3))), 4),
    )


@st.composite
def indicator_sets(
    draw: st.DrawFn, periods: tuple[Period, ...], plan: Plan, due: bool
) -> dict[str, Indicator]:
    """1 to 4 indicators; sometimes one or two of them feed a headline with the same rules."""
    found: list[Indicator] = []
    if draw(st.booleans()):
        model = draw(indicators("H", due))
        feeders = draw(st.sampled_from((2, 2, 2, 1)))
        sets = [draw(dimension_sets(model.kind)) for _ in range(feeders)]
        common = tuple(d for d in sets[0] if all(d in each for each in sets))
        for number, dimensions in enumerate(sets, start=1):
            feeder = replace(model, name=f"F{number}", feeds="H", dimensions=dimensions)
            found.append(feeder)
        found.append(replace(model, dimensions=common))
    for number in range(1, draw(st.integers(0 if found else 1, 4 - len(found))) + 1):
        own = draw(indicators(f"I{number}", due))
        alike = draw(st.booleans())
        if found and alike:
            # One with the rules of another, so that results may be credited from it to that.
            dimensions = draw(dimension_sets(found[0].kind))
            own = replace(found[0], name=own.name, feeds=None, dimensions=dimensions)
        found.append(own)
    return {each.name: replace(each, goals=draw(goal_sets(each, periods, plan))) for each in found}


def dimension_sets(kind: str) -> st.SearchStrategy[tuple[Dimension, ...]]:
    """Quantities and percentages may have breakdowns."""
    if kind not in ("quantity", "percentage"):
        return st.just(())
    return st.sampled_from(((), (SEX,), (SEX, GROUP), (GROUP,)))


@st.composite
def indicators(draw: st.DrawFn, name: str, due: bool) -> Indicator:
    """An indicator of any kind, with the rules that its kind allows."""
    kind = draw(
        st.sampled_from(("quantity", "quantity", "quantity", "percentage", "distinct", "rating"))
    )
    over_time, across = "latest", "sum"
    if kind == "quantity":
        over_time = draw(st.sampled_from(("sum",) * 3 + ("latest",) * 2 + ("max", "mean")))
        across = draw(st.sampled_from(("sum",) * 4 + ("max", "mean", "none")))
    elif kind != "rating":
        over_time = draw(st.sampled_from(("sum", "latest")))
    counts = kind in ("quantity", "distinct") and over_time == "sum"
    return Indicator(
        name=name,
        kind=kind,
        over_time=over_time,
        across=across,
        direction="increase" if counts else draw(st.sampled_from(DIRECTIONS)),
        unit=draw(st.sampled_from(("people", "people", "people", "houses"))),
        due=draw(
            st.sampled_from(("period", "period", "half_year", "year") if due else ("period",))
        ),
        dimensions=draw(dimension_sets(kind)),
        scale=SCALE if kind == "rating" else (),
    )


@st.composite
def goal_sets(
    draw: st.DrawFn, indicator: Indicator, periods: tuple[Period, ...], plan: Plan
) -> dict[str, Goal]:
    """Goals of the plan and of some scopes of their own; a rating has none."""
    if indicator.kind == "rating":
        return {}
    others = draw(st.lists(st.sampled_from(GOAL_SCOPES[1:]), unique=True, max_size=3))
    scopes = [PLAN, *others] if draw(st.sampled_from((True, True, False))) else others
    return {scope: draw(goals(indicator, periods, plan)) for scope in scopes}


@st.composite
def goals(draw: st.DrawFn, indicator: Indicator, periods: tuple[Period, ...], plan: Plan) -> Goal:
    """A baseline (or none), a target on the right side of it (or none), some milestones."""
    counts = indicator.kind in ("quantity", "distinct") and indicator.over_time == "sum"
    start = Fraction(0)
    baseline = draw(st.sampled_from((None, start)))
    if not counts:
        start = draw(fractions(0, 60))
        baseline = draw(st.sampled_from((None, start, start, start)))
    distance = draw(st.one_of(fractions(1, 50), fractions(1, 50), st.just(Fraction(0))))
    target = start + distance if indicator.direction == "increase" else start - distance
    labels = [period.label for period in periods]
    target_period = draw(st.sampled_from((None, None, *labels)))
    target_day = period_end(target_period) if target_period else plan.end
    free = [label for label in labels if period_end(label) != target_day]
    milestones = {}
    if free:
        for label in draw(st.lists(st.sampled_from(free), unique=True, max_size=2)):
            milestones[label] = start + draw(fractions(-10, 60))
    return Goal(
        baseline=baseline,
        target=draw(st.sampled_from((target, target, target, None))),
        target_period=target_period,
        milestones=milestones,
    )


@st.composite
def project_sets(draw: st.DrawFn, case: Case) -> dict[str, Project]:
    """1 to 5 projects in several offices, with dates or open."""
    entered = [name for name in case.indicators if not case.feeders(name)]
    first, last = case.periods[0].start, case.periods[-1].end
    days = st.integers(0, (last - first).days).map(lambda day: first + timedelta(days=day))
    found = {}
    for number in range(draw(st.sampled_from((1, 2, 3, 3, 4, 5)))):
        places = draw(st.sampled_from(PLACES))
        dates = draw(
            st.one_of(
                st.just((None, None)),
                st.tuples(days, st.none()),
                st.tuples(st.none(), days),
                st.tuples(days, days).map(lambda pair: (min(pair), max(pair))),
            )
        )
        reports = {}
        for indicator in entered:
            if draw(st.sampled_from((False, False, True))):
                named = draw(st.lists(st.sampled_from(places), unique=True, min_size=1))
                reports[indicator] = tuple(named)
        name = "ABCDE"[number]
        office = draw(st.sampled_from(OFFICES))
        found[name] = Project(name, office, places, dates[0], dates[1], reports)
    return found


@st.composite
def entry_lists(draw: st.DrawFn, case: Case) -> tuple[Entry, ...]:
    """0 to 15 entries; each takes the result that it names one step further."""
    entered = [name for name in case.indicators if not case.feeders(name)]
    contributors = []
    for project in case.projects.values():
        for indicator in entered:
            # Also at places where nothing is expected of the project.
            for place in project.places:
                contributors.append(Contributor(project.name, indicator, place))
    entries = []
    known: dict[tuple[Contributor, str], Progress] = {}
    labels = [period.label for period in case.periods]
    for _ in range(15):
        # No entry, a step on, another period of somebody who has reported, or anybody. Asked 15
        # times, since a drawn number of entries comes out small far too often.
        where = draw(st.sampled_from(("", "anybody", "anybody", "on", "series", "series")))
        if where == "":
            continue
        if known and where == "on":
            contributor, label = draw(st.sampled_from(list(known)))
        elif known and where == "series":
            contributor = draw(st.sampled_from([contributor for contributor, _ in known]))
            label = draw(st.sampled_from(labels))
        else:
            contributor = draw(st.sampled_from(contributors))
            label = draw(st.sampled_from(labels))
        progress = known.setdefault((contributor, label), Progress())
        entry = draw(steps(case, contributor, label, progress))
        progress.last = entry
        if entry.status == "approved":
            progress.open, progress.approved = "", True
        elif entry.status != "withdrawn":
            progress.open = entry.status
        else:
            # A pending revision alone; else the approved result, with a correction that was begun.
            progress.approved = progress.approved and progress.open in ("submitted", "verified")
            progress.open = ""
        entries.append(entry)
    return tuple(entries)


@st.composite
def steps(
    draw: st.DrawFn, case: Case, contributor: Contributor, label: str, progress: Progress
) -> Entry:
    """One entry that may follow where the workflow stands."""
    status = draw(st.sampled_from(NEXT_STATUSES[progress.open, progress.approved]))
    if status == "withdrawn":
        return Entry(contributor, label, status)
    repeats = status in ("verified", "returned")
    if status == "approved" and progress.open in ("submitted", "verified"):
        repeats = draw(st.booleans())
    if repeats and progress.last is not None:
        return replace(progress.last, status=status)
    state = draw(
        st.sampled_from(("reported",) * 7 + ("not_applicable", "not_applicable", "not_available"))
    )
    if state != "reported":
        return Entry(contributor, label, status, state)
    indicator = case.indicators[contributor.indicator]
    entry = Entry(
        contributor,
        label,
        status,
        qualifier=draw(st.sampled_from(("exact",) * 3 + QUALIFIERS)),
        also=draw(credits(case, indicator)),
    )
    if indicator.kind == "quantity":
        return draw(quantities(indicator, entry))
    if indicator.kind == "percentage":
        return draw(percentages(indicator, entry))
    if indicator.kind == "distinct":
        items = draw(st.lists(st.sampled_from(THINGS), unique=True, max_size=4))
        return replace(entry, items=tuple(items), unnamed=draw(st.sampled_from((None, "0", "3"))))
    return replace(entry, rating=draw(st.sampled_from(indicator.scale)))


@st.composite
def credits(draw: st.DrawFn, case: Case, indicator: Indicator) -> tuple[str, ...]:
    """Other indicators that a result may be credited to.

    Only those with across sum: what the shared part of a mean or a maximum is, is left open.
    """
    allowed = [
        other.name
        for other in case.indicators.values()
        if other.name != indicator.name
        and not case.feeders(other.name)
        and other.kind == indicator.kind
        and other.kind in ("quantity", "distinct")
        and other.unit == indicator.unit
        and other.over_time == indicator.over_time == "sum"
        and other.across == "sum"
    ]
    if not allowed or draw(st.booleans()):
        return ()
    return tuple(draw(st.lists(st.sampled_from(allowed), unique=True, min_size=1)))


@st.composite
def quantities(draw: st.DrawFn, indicator: Indicator, entry: Entry) -> Entry:
    """A value, and cells that fit in it; a negative one has no cells."""
    total = draw(st.one_of(units(), units(), units(-20, 100)))
    cells = {}
    if total >= 0:
        for dimension in indicator.dimensions:
            left = total
            for code in dimension.categories:
                if draw(st.booleans()):
                    number = draw(st.one_of(st.integers(0, left), st.just(left)))
                    cells[code] = Amount(decimal_text(number))
                    left -= number if dimension.additive else 0
    return replace(entry, amount=Amount(decimal_text(total)), cells=cells)


@st.composite
def percentages(draw: st.DrawFn, indicator: Indicator, entry: Entry) -> Entry:
    """A pair, and cells that fit in both its parts."""
    total = (draw(units()), draw(units(1)))
    cells = {}
    for dimension in indicator.dimensions:
        top, bottom = total
        for code in dimension.categories:
            if bottom > 0 and draw(st.booleans()):
                denominator = draw(st.one_of(st.integers(1, bottom), st.just(bottom)))
                numerator = draw(st.integers(0, min(top, denominator)))
                cells[code] = pair(numerator, denominator)
                if dimension.additive:
                    top, bottom = top - numerator, bottom - denominator
    return replace(entry, amount=pair(*total), cells=cells)


def pair(numerator: int, denominator: int) -> Amount:
    """Numerator and denominator from millionths."""
    return Amount(numerator=decimal_text(numerator), denominator=decimal_text(denominator))


def all_questions(case: Case) -> list[Question]:
    """Every figure worth comparing: all that a page could show now, and samples of the past."""
    calculator = Calculator(case)
    scopes = [PLAN, HEADQUARTERS]
    for project in case.projects.values():
        for indicator in case.indicators:
            for place in project.reports.get(indicator, project.places):
                contributor = Contributor(project.name, indicator, place)
                scopes.append(calculator.office_of(contributor))
                country = country_of(place)
                if country is not None:
                    scopes.append(country)
    moments: list[int | None] = [None]
    if case.entries:
        moments += sorted({len(case.entries) // 3, len(case.entries) - 1})
    questions = []
    for indicator in case.indicators:
        codes = [code for d in case.dimensions(indicator) for code in d.categories]
        for scope in dict.fromkeys(scopes):
            for period in case.periods:
                for basis in BASES:
                    for cell in ["", *codes]:
                        for as_of in moments:
                            questions.append(
                                Question(indicator, scope, period.label, basis, cell, as_of)
                            )
    return questions
