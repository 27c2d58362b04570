"""Where each indicator of the demonstration is to stand, and the targets that put it there.

Targets are set after the results are in, so that every status that the product knows is seen
somewhere, whatever day the demonstration is loaded on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from fractions import Fraction

from habitat_tracker.accounts.models import Office
from outcomes import scopes
from outcomes.actions import set_baseline, set_milestone, set_target
from outcomes.choices import Across, Direction, Kind, counts_from_zero
from outcomes.models import Indicator
from outcomes.rollup.reader import FigureValue, read
from plans.models import PlanRevision, ReportingPeriod, StrategicPlan

from .people import OFFICE_PREFIX, Staff
from .words import SOURCE

# The period that targets are laid around: the last one that is over.
PIVOT = 8
# What "not yet due" waits for: nothing is expected before the end of this period.
STARTS_AT = 10
OFFICES = ("ROAF", "ROAS", "ROAP", "ROLAC", f"{OFFICE_PREFIX}KEN")
COUNTRIES = ("KEN", "PHL", "COL")


class Standing(Enum):
    """How an indicator is to stand by the end of the pivot period."""

    ACHIEVED = "achieved"
    ON_TRACK = "on track"
    DELAYED = "delayed"
    OFF_TRACK = "off track"
    REGRESSED = "regressed"
    MAINTAINED = "maintained"
    NOT_MAINTAINED = "not maintained"
    NOT_DUE = "not due"
    LOW_COVERAGE = "low coverage"
    NO_TARGET = "no target"
    NO_BASELINE = "no baseline"
    NO_DATA = "no data"


S = Standing
# What adds up from the plan's start begins at 0, so it can neither fall back nor be kept.
ADDING_UP = (
    *(S.ON_TRACK, S.ACHIEVED, S.DELAYED, S.ON_TRACK, S.NO_TARGET, S.OFF_TRACK, S.ON_TRACK),
    *(S.LOW_COVERAGE, S.DELAYED, S.NOT_DUE, S.ACHIEVED, S.ON_TRACK, S.NO_TARGET),
)
LEVELS = (
    *(S.ON_TRACK, S.REGRESSED, S.MAINTAINED, S.DELAYED, S.NOT_MAINTAINED, S.NO_BASELINE),
    *(S.ACHIEVED, S.LOW_COVERAGE, S.OFF_TRACK, S.NO_DATA, S.ON_TRACK, S.NO_TARGET),
)
# Progress in relation to what is expected by the end of the pivot period.
PERFORMANCE = {S.ON_TRACK: Fraction(21, 20), S.DELAYED: Fraction(3, 4), S.OFF_TRACK: Fraction(2, 5)}


def standings(indicators: list[Indicator]) -> dict[int, Standing]:
    """A standing for each indicator, dealt out in the order of the plan; headlines do well."""
    adding_up = levels = 0
    dealt = {}
    for indicator in indicators:
        if indicator.is_headline:
            dealt[indicator.pk] = Standing.ON_TRACK
        elif indicator.kind == Kind.RATING or indicator.across == Across.NONE:
            dealt[indicator.pk] = Standing.NO_TARGET
        elif indicator.thing_kind == "office":
            dealt[indicator.pk] = Standing.ACHIEVED  # there are no more offices to aim for
        elif counts_from_zero(indicator.kind, indicator.over_time):
            dealt[indicator.pk] = ADDING_UP[adding_up % len(ADDING_UP)]
            adding_up += 1
        else:
            dealt[indicator.pk] = LEVELS[levels % len(LEVELS)]
            levels += 1
    return dealt


@dataclass(frozen=True)
class Goal:
    """A baseline, what is to be reached, and a milestone where nothing is expected before."""

    baseline: Fraction | None
    target: Fraction | None
    starts_late: bool = False


def goal(standing: Standing, indicator: Indicator, value: Fraction) -> Goal:
    """The goal that a value, half-way through the plan, stands like this against."""
    zero = counts_from_zero(indicator.kind, indicator.over_time)
    better = 1 if indicator.direction == Direction.INCREASE else -1
    step = value * (Fraction(1, 10) if indicator.kind == Kind.PERCENTAGE else Fraction(1, 5))
    start = Fraction(0) if zero else value - better * step
    baseline = None if zero else start
    if standing == Standing.NO_TARGET:
        return Goal(baseline, None)
    if standing == Standing.REGRESSED:
        return Goal(value + better * step, value + better * 3 * step)
    if standing == Standing.MAINTAINED:
        return Goal(start, start)
    if standing == Standing.NOT_MAINTAINED:
        return Goal(value + better * step, value + better * step)
    if standing == Standing.ACHIEVED:
        return Goal(baseline, start + (value - start) * Fraction(3, 5))
    if standing == Standing.NOT_DUE:
        return Goal(baseline, start + (value - start) * 3, starts_late=True)
    performance = PERFORMANCE.get(standing, Fraction(1))
    target = start + (value - start) * 2 / performance
    return Goal(None if standing == Standing.NO_BASELINE else baseline, target)


class Targets:
    """Sets baselines, milestones and targets for the plan, some offices and some countries."""

    def __init__(self, plan: StrategicPlan, staff: Staff) -> None:
        self.staff = staff
        self.settings = PlanRevision.objects.at().get(plan=plan)
        self.periods = {
            period.number: period for period in ReportingPeriod.objects.filter(plan=plan)
        }

    def set_all(
        self,
        indicators: list[Indicator],
        dealt: dict[int, Standing],
        offices: dict[str, Office],
        countries: dict[str, int],
    ) -> None:
        """Goals for the whole plan; for each office and country, of some indicators only."""
        figures = read(indicators, periods=(PIVOT, PIVOT), cells=False)
        order = list(Standing)
        for number, indicator in enumerate(indicators):
            if indicator.kind == Kind.RATING:
                continue
            standing = dealt[indicator.pk]
            asked = [(scopes.PLAN, standing)]
            for place, code in enumerate(OFFICES):
                if code in offices and (number + place) % 3 == 0:
                    other = order[(number + place) % 4]
                    asked.append((scopes.of_office(offices[code].pk), other))
            for place, iso3 in enumerate(COUNTRIES):
                if iso3 in countries and (number + place) % 6 == 0:
                    asked.append((scopes.of_country(countries[iso3]), Standing.ON_TRACK))
            for scope, wanted in asked:
                self._set(indicator, scope, wanted, figures.get(indicator, scope, PIVOT))

    def _set(
        self, indicator: Indicator, scope: int, standing: Standing, figure: FigureValue
    ) -> None:
        value = figure.to_date
        if not value and (scope != scopes.PLAN or figure.is_not_added_up):
            return
        wanted = goal(standing, indicator, value or Fraction(20))
        number = _Number(indicator)
        baseline, target = number.of(wanted.baseline), number.of(wanted.target)
        common = {"indicator": indicator, "scope": scope, "by": self.staff.manager}
        eve = self.settings.start - timedelta(days=1)
        if baseline is not None:
            set_baseline(value=baseline, on=eve, source=SOURCE, **common)  # type: ignore[arg-type]
        if target is None:
            return
        if target == baseline and standing not in (Standing.MAINTAINED, Standing.NOT_MAINTAINED):
            target += number.unit if indicator.direction == Direction.INCREASE else -number.unit
        set_target(value=target, on=self.settings.end, source=SOURCE, **common)  # type: ignore[arg-type]
        start = baseline if baseline is not None else Decimal(0)
        if wanted.starts_late:
            day = self.periods[STARTS_AT].end
            set_milestone(value=start, on=day, source=SOURCE, **common)  # type: ignore[arg-type]
        elif abs(target - start) >= 40 * number.unit and standing != Standing.NO_BASELINE:
            for quarter in (4, 8, 12):
                share = Decimal(quarter) / Decimal(len(self.periods))
                planned = number.of(Fraction(start + (target - start) * share))
                day = self.periods[quarter].end
                set_milestone(value=planned, on=day, source=SOURCE, **common)  # type: ignore[arg-type]


class _Number:
    """Numbers as somebody would set them: rounded to the indicator's decimals."""

    def __init__(self, indicator: Indicator) -> None:
        whole = indicator.kind == Kind.DISTINCT or indicator.across == Across.MAX
        self.unit = Decimal(1).scaleb(0 if whole else -min(indicator.decimals, 1))

    def of(self, number: Fraction | None) -> Decimal | None:
        if number is None:
            return None
        exact = Decimal(number.numerator) / Decimal(number.denominator)
        unit = Decimal(100) if abs(exact) >= 10_000 else self.unit
        return (
            exact.quantize(unit, rounding=ROUND_HALF_UP)
            if unit < 100
            else ((exact / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit)
        )
