"""All figures from the ledger, against a bare GROUP BY of the same postings."""

from __future__ import annotations

from collections.abc import Callable

from django.core.management.base import CommandError
from django.db import connection, transaction

from outcomes.models import Figure, Indicator, Leaf, Measurement, StaleFigure
from outcomes.rollup import sql
from outcomes.rollup.compute import Computation, periods_of, with_recursive
from outcomes.rollup.rules import RulesAt, rules_of
from outcomes.rollup.store import clear, store_figures, store_leaves
from outcomes.rollup.verify import verify
from plans.models import ReportingPeriod

from .findings import Finding, Options
from .ledger_rows import tidy_up
from .measure import Spent, middle, spent
from .world import bench_plan

# Totals and cells with every column read: the planner drops aggregates that nobody reads.
BARE = """
SELECT SUM(n), SUM(a), SUM(b), SUM(c), MAX(d) FROM (
    SELECT COUNT(*) AS n, SUM(numerator) AS a, SUM(denominator) AS b, SUM(unnamed) AS c,
           MAX(qualifier) AS d
    FROM outcomes_measurement
    WHERE withdrawn_at IS NULL AND plan_id = %s AND indicator_id = ANY(%s)
    GROUP BY plan_id, indicator_id, leaf, basis, period, cell
) figures"""


# What leaves come to without who is expected of them: read, not stored.
VALUES = " SELECT " + ", ".join(f"SUM({name})" for name in sql.LEAF_VALUES) + " FROM value"


def run(options: Options) -> list[Finding]:
    """Leaves, then the cascade above them, built anew; last, everything is verified."""
    if connection.vendor != "postgresql":
        raise CommandError("The rebuild is measured on PostgreSQL; SQLite: `bench sqlite`.")
    plan = bench_plan()
    periods = periods_of(plan.pk)
    rules = rules_of(Indicator.objects.filter(plan=plan).values_list("pk", flat=True))
    added = {pk: one for pk, one in rules.items() if one.is_additive and not one.is_headline}
    latest = {pk: one for pk, one in rules.items() if one.over_time == "latest"}
    entered = {pk: one for pk, one in rules.items() if not one.is_headline}
    found = []
    for name, asked, goal in (
        ("added over time", added, 1.3),
        ("latest", latest, 1.3),
        ("all but headlines", entered, 1.3),
    ):
        options.say(f"rebuilding {name} ...")
        bare, values, leaves, cascade = _in_turns(
            min(options.repetitions, 3),
            plan.pk,
            [Computation(one, periods) for one in asked.values()],
        )
        live = Measurement.objects.live().filter(plan=plan, indicator__in=asked).count()
        stored = Leaf.objects.filter(plan=plan, indicator__in=asked).count()
        raw = {
            "postings": live,
            "leaves": stored,
            "postings_a_leaf": live / max(stored, 1),
            "bare_group_by": bare.raw(),
            "leaves_seconds": leaves.raw(),
            "cascade_seconds": cascade.raw(),
            "figures": Figure.objects.filter(plan=plan, indicator__in=asked).count(),
        }
        title = f"rebuild of leaves, {name} / bare GROUP BY"
        found.append(Finding(title, leaves.over(bare), goal, raw=raw))
        found.append(
            Finding(
                f"their values alone, {name} / bare GROUP BY",
                values.over(bare),
                raw={"values_seconds": values.raw()},
            )
        )
        found.append(Finding(f"cascade, {name} / bare GROUP BY", cascade.over(bare)))
    _headlines(rules, periods)
    tidy_up()
    StaleFigure.objects.filter(plan=plan).delete()
    options.say("verifying ...")
    differences = sum(1 for _ in verify(plan))
    return [*found, Finding("differences after the rebuild", differences, 0)]


def _in_turns(repetitions: int, plan_id: int, computations: list[Computation]) -> list[Spent]:
    """The medians of the bare statement, values read, and leaves and cascade built anew."""
    ids = [one.rules.indicator_id for one in computations]
    taken: list[list[Spent]] = [[], [], [], []]
    for _ in range(repetitions):
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")
            taken[0].append(spent(lambda: cursor.execute(BARE, [plan_id, ids])))
        taken[1].append(spent(_each(_read_values, computations)))
        clear(plan_id, ids)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM outcomes_leaf, outcomes_figure")
        taken[2].append(spent(_each(store_leaves, computations)))
        taken[3].append(spent(_each(store_figures, computations)))
    return [middle(times) for times in taken]


def _read_values(computation: Computation) -> None:
    with connection.cursor() as cursor:
        statement = with_recursive([*computation.start, *computation.leaves()], VALUES)
        cursor.execute(sql.PLANNER[(False, "leaf")] + statement, computation.params)


def _each(
    store: Callable[[Computation], None], computations: list[Computation]
) -> Callable[[], None]:
    def all_of_them() -> None:
        for one in computations:
            with transaction.atomic():
                store(one)

    return all_of_them


def _headlines(rules: dict[int, RulesAt], periods: list[ReportingPeriod]) -> None:
    for one in rules.values():
        if one.is_headline:
            with transaction.atomic():
                store_leaves(Computation(one, periods))
                store_figures(Computation(one, periods))
