"""What a dashboard costs: target, actual and status of twelve outcomes, against one look-up."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from outcomes import scopes
from outcomes.models import Indicator
from outcomes.rollup.reader import read
from plans.models import PlanRevision, ReportingPeriod
from reporting.progress import NOTHING, Progress, assess, yardsticks

from .findings import Finding, Options
from .measure import LookUps, in_turns
from .world import PERIODS, bench_plan

# Each figure of a dashboard is read so often, that one look is long enough to be measured.
LOOKS = 20


def run(options: Options) -> list[Finding]:
    """One indicator of each outcome, and all of them, on the basis and scope that pages open on.

    Plan and period are known, as to a page that was asked for them.
    """
    plan = bench_plan()
    period = ReportingPeriod.objects.get(plan=plan, number=PERIODS)
    stands = PlanRevision.objects.at().get(plan=plan)
    every = list(Indicator.objects.filter(plan=plan, outcome__isnull=False).order_by("position"))
    first = list({one.outcome_id: one for one in reversed(every)}.values())
    look_ups = LookUps(plan.pk)
    found = []
    for indicators, goal in ((first, 15.0), (every, None)):
        with CaptureQueriesContext(connection) as asked:
            seen = dashboard(stands, period, indicators)
        looks = _looks(stands, period, indicators)
        look, unit = in_turns(options.repetitions, looks, look_ups)
        one = look_ups.one(unit)
        statuses = {str(progress.status.value) for progress in seen.values()}
        found.append(
            Finding(
                f"dashboard of 12 outcomes, {len(indicators)} indicators / one look-up",
                look.over(one) / LOOKS,
                goal,
                raw={
                    "dashboards": look.raw() | {"number": LOOKS},
                    "look_up": one.raw(),
                    "queries": len(asked),
                    "statuses": sorted(statuses),
                },
            )
        )
    return found


def _looks(
    stands: PlanRevision, period: ReportingPeriod, indicators: list[Indicator]
) -> Callable[[], object]:
    return lambda: [dashboard(stands, period, indicators) for _ in range(LOOKS)]


def dashboard(
    stands: PlanRevision, period: ReportingPeriod, indicators: list[Indicator]
) -> dict[int, Progress]:
    """Target, actual and status of indicators for the whole plan, as pages put them together."""
    number = period.number
    figures = read(indicators, periods=(number, number), scopes=[scopes.PLAN], cells=False)
    sticks = yardsticks(indicators, scopes=[scopes.PLAN])
    return {
        one.pk: assess(
            figures.get(one, scopes.PLAN, number),
            sticks.get((one.pk, scopes.PLAN), NOTHING),
            stands,
            period,
        )
        for one in indicators
    }
