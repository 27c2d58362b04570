"""`bench gen`: fills the database with the plan BENCH, and takes it out again."""

from __future__ import annotations

import time

from django.db import connection, transaction

from outcomes.actions import mark_plan_stale
from outcomes.models import Figure, Leaf, Measurement, PostedThing, StaleFigure
from plans.models import StrategicPlan
from projects.demonstration.removal import remove_plan

from .findings import Finding, Options
from .ledger_rows import INDICATORS, projects_for, tidy_up, write_ledger
from .portfolio import write_bare_projects, write_results
from .world import PREFIX, make_world, remove_places_and_people

LEDGER = (Measurement, PostedThing, StaleFigure, Leaf, Figure)


def run(options: Options) -> list[Finding]:
    """Make the plan BENCH anew with about so many live rows in the ledger, or remove it.

    Every figure is marked as stale; a worker or `bench rebuild` computes them.
    """
    began = time.perf_counter()
    removed = remove()
    if options.remove:
        options.say("BENCH is removed." if removed else "BENCH is not there; nothing to remove.")
        return [Finding("gen: plans removed", removed, raw={"wall": time.perf_counter() - began})]
    loading = time.perf_counter()
    with transaction.atomic():
        projects = projects_for(options.rows)
        world = make_world(projects)
        StaleFigure.objects.filter(plan=world.plan).delete()  # the whole plan is marked below
        rows = write_ledger(world, projects, skew=options.skew, say=options.say)
        loaded = time.perf_counter() - loading
        results = write_results(world, options.results)
        bare = write_bare_projects(world, options.projects)
        mark_plan_stale(world.plan)
        world.plan.sources = request(options)
        world.plan.save(update_fields=["sources"])
    tidy_up()
    options.say("No figure is computed yet: `manage.py bench rebuild` or a worker does that.")
    return [
        Finding(
            "gen: ledger rows written a second",
            rows / loaded,
            raw={
                "rows": rows,
                "contributors": projects * INDICATORS,
                "things": PostedThing.objects.filter(plan=world.plan).count(),
                "skew": options.skew,
                "results": results,
                "bare_projects": bare,
                "seconds_for_the_ledger": loaded,
                "seconds_in_all": time.perf_counter() - began,
            },
        )
    ]


def request(options: Options) -> dict[str, int | bool]:
    """What was asked for, kept with the plan."""
    return {
        "rows": options.rows,
        "skew": options.skew,
        "results": options.results,
        "projects": options.projects,
    }


def is_made(options: Options) -> bool:
    """Whether the plan is there as these options ask for it."""
    plan = StrategicPlan.objects.filter(code=PREFIX).first()
    return plan is not None and plan.sources == request(options)


@transaction.atomic
def remove() -> int:
    """Delete the plan, its offices, people and made-up countries; how many plans there were."""
    plan = StrategicPlan.objects.filter(code=PREFIX).first()
    if plan is not None:
        _empty_the_ledger(plan)
        remove_plan(plan)
    remove_places_and_people()
    return int(plan is not None)


def _empty_the_ledger(plan: StrategicPlan) -> None:
    """Millions of rows go at once where they are the only ones; else `remove_plan` deletes."""
    others = any(model.objects.exclude(plan=plan).exists() for model in LEDGER)
    if connection.vendor == "postgresql" and not others:
        tables = ", ".join(model._meta.db_table for model in LEDGER)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"TRUNCATE {tables}")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
