"""What one changed value costs until every figure that it touches is right, against one look-up."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from django.db import connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from outcomes import scopes
from outcomes.actions import Amount, Entry, Posting, replace_postings
from outcomes.choices import Across, Basis, Kind, OverTime, State
from outcomes.models import (
    Contributor,
    ContributorRevision,
    Figure,
    Indicator,
    Leaf,
    StaleFigure,
)
from outcomes.rollup.compute import Computation, Touched, periods_of
from outcomes.rollup.queue import drain, lock_indicators
from outcomes.rollup.rules import rules_of
from outcomes.rollup.store import store_leaves
from plans.models import ReportingPeriod, StrategicPlan

from .findings import Finding, Options
from .ledger_rows import tidy_up
from .measure import LookUps, middle, spent
from .world import PERIODS, bench_plan

# The period that is being reported, with others behind it.
CURRENT = PERIODS // 2 + 1
CHANGES = 12
# What is changed: a name, the rules, and whether it feeds a headline.
CASES = (
    ("added over time", Kind.QUANTITY, OverTime.SUM, Across.SUM, False),
    ("added over time, with its headline", Kind.QUANTITY, OverTime.SUM, Across.SUM, True),
    ("latest", Kind.QUANTITY, OverTime.LATEST, Across.SUM, False),
    ("percentage", Kind.PERCENTAGE, OverTime.SUM, Across.SUM, False),
    ("highest", Kind.QUANTITY, OverTime.MAX, Across.MAX, False),
    ("mean", Kind.QUANTITY, OverTime.MEAN, Across.MEAN, False),
    ("rating", Kind.RATING, OverTime.LATEST, Across.SUM, False),
    ("different things", Kind.DISTINCT, OverTime.SUM, Across.SUM, False),
)


def run(options: Options) -> list[Finding]:
    """Recomputing one figure, then a value of the current period changed on both bases.

    Only the engine is measured: from the stale keys to the stored figures of all scopes.
    """
    plan = bench_plan()
    if StaleFigure.objects.filter(plan=plan).exists():
        options.say("computing what is stale first ...")
        drain(plan.pk)
    tidy_up(*(model._meta.db_table for model in (StaleFigure, Leaf, Figure)))
    look_ups = LookUps(plan.pk)
    current = ReportingPeriod.objects.get(plan=plan, number=CURRENT)
    expected = ContributorRevision.objects.at().filter(
        Q(expected_to=None) | Q(expected_to__gte=current.end), expected_from__lte=current.start
    )
    found: list[Finding] = []
    for name, kind, over_time, across, feeds in CASES:
        indicator = Indicator.objects.filter(
            plan=plan,
            is_headline=False,
            kind=kind,
            over_time=over_time,
            across=across,
            feeds__isnull=not feeds,
        ).first()
        if indicator is None:
            continue
        contributors = list(
            Contributor.objects.filter(indicator=indicator, revisions__in=expected)
            .select_related("indicator", "plan")
            .order_by("?")[: CHANGES + 1]
        )
        if not found and connection.vendor == "postgresql":
            found.append(_one_figure(indicator, contributors, look_ups))
        found.append(_changes(name, plan, contributors, look_ups))
    return found


def _one_figure(
    indicator: Indicator, contributors: list[Contributor], look_ups: LookUps
) -> Finding:
    """One leaf on one basis in one period, from the ledger, with its cells and its coverage."""
    rules, periods = rules_of([indicator.pk])[indicator.pk], periods_of(indicator.plan_id)
    taken, units = [], []
    for contributor in contributors:
        home = contributor.revisions.get(superseded_at=None)
        leaf = scopes.of_leaf(home.office_id, home.country_id)
        touched = [Touched(leaf, int(Basis.OFFICIAL), CURRENT, CURRENT)]
        with transaction.atomic():
            lock_indicators([(indicator.plan_id, indicator.pk)])
            store = partial(store_leaves, Computation(rules, periods, touched=touched))
            taken += [spent(store) for _ in range(3)]
        units.append(spent(look_ups))
    it = middle(taken[3:])  # the first ones make the plan that the database keeps
    one = look_ups.one(middle(units))
    return Finding(
        "recomputing one figure / one look-up",
        it.over(one),
        12,
        raw={"figure": it.raw(), "look_up": one.raw(), "figures": len(contributors)},
    )


def _changes(
    name: str,
    plan: StrategicPlan,
    contributors: list[Contributor],
    look_ups: LookUps,
) -> Finding:
    first, *others = contributors
    change(first, Decimal(10))
    with CaptureQueriesContext(connection) as asked:
        drain(plan.pk)
    taken, units = [], []
    for number, contributor in enumerate(others):
        change(contributor, Decimal(11 + number))
        taken.append(spent(lambda: drain(plan.pk)))
        units.append(spent(look_ups))
    it, one = middle(taken), look_ups.one(middle(units))
    return Finding(
        f"one approved value, {name}, until all is right / one look-up",
        it.over(one),
        100,
        raw={"change": it.raw(), "look_up": one.raw(), "queries": len(asked)},
    )


def change(contributor: Contributor, value: Decimal, period: int = CURRENT) -> None:
    """Another value counts on both bases, as after an approval."""
    replace_postings(plan=contributor.plan, entries=entries(contributor, value, period), by=None)


def entries(contributor: Contributor, value: Decimal, period: int = CURRENT) -> list[Entry]:
    """A value of a contributor, whatever its indicator's kind, on both bases."""
    kind = contributor.indicator.kind
    posting = Posting(
        source="bench:change",
        state=State.REPORTED,
        amount=Amount(
            value if kind in (Kind.QUANTITY, Kind.PERCENTAGE) else None,
            value * 2 if kind == Kind.PERCENTAGE else None,
        ),
        unnamed=value if kind == Kind.DISTINCT else Decimal(0),
        rating=_level(contributor.indicator, int(value)) if kind == Kind.RATING else "",
    )
    return [Entry(contributor, period, basis, posting) for basis in Basis]


def _level(indicator: Indicator, number: int) -> str:
    levels = list(indicator.levels.values_list("code", flat=True))
    return str(levels[number % len(levels)])
