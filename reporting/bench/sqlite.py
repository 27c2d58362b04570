"""`bench sqlite`: one change and one read on a SQLite file of its own."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from outcomes import scopes
from outcomes.actions import Amount, Entry, Posting, replace_postings
from outcomes.choices import Basis, Kind, OverTime, State
from outcomes.models import Contributor, Indicator
from outcomes.rollup.queue import drain
from outcomes.rollup.reader import read
from plans.models import PlanRevision, ReportingPeriod, StrategicPlan
from reporting.progress import NOTHING, assess, yardsticks

from .findings import Finding, Options
from .measure import lookup, middle, spent
from .world import PERIODS, bench_plan

QUICK_ROWS = 20_000


def run(options: Options) -> list[Finding]:
    """Make a SQLite file, fill it and measure there, in processes of their own."""
    if options.here:
        return measure_here(options)
    rows = QUICK_ROWS if options.quick else min(options.rows, 100_000)
    with TemporaryDirectory() as folder:
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.sqlite3'}",
            "CELERY_BROKER_URL": "memory://",
            "EMBEDDED_WORKER": "false",
            "LOG_LEVEL": "CRITICAL",
        }

        def manage(*arguments: str) -> str:
            done = subprocess.run(
                [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise CommandError(f"On SQLite, {arguments[0]} failed: {done.stderr[-500:]}")
            return done.stdout

        options.say(f"SQLite: {rows:,} rows ...")
        manage("migrate", "--verbosity=0")
        manage("bench", "gen", f"--rows={rows}")
        printed = manage(
            "bench", "sqlite", "--here", "--json", f"--repetitions={options.repetitions}"
        )
    machine, *found = json.loads(printed)
    return [
        Finding(one["name"], one["value"], raw=one["raw"]).knowing(
            database=machine["raw"]["database"], ledger_rows=machine["raw"]["ledger_rows"]
        )
        for one in found
    ]


def measure_here(options: Options) -> list[Finding]:
    """A change until all its figures are right, and a dashboard, each over one look-up."""
    if connection.vendor != "sqlite":
        raise CommandError("--here measures a SQLite file, and the settings name another database.")
    plan = bench_plan()
    drain(plan.pk)
    indicators = list(Indicator.objects.filter(plan=plan, outcome__isnull=False))
    contributors = _contributors(plan)
    dice = random.Random(1)
    looked, changes, reads = [], [], []
    for _ in range(max(3, options.repetitions)):
        looked.append(lookup(plan_id=plan.pk))
        contributor = dice.choice(contributors)
        value = Decimal(dice.randrange(10, 1000))
        changes.append(spent(lambda who=contributor, what=value: _change(who, what)))  # type: ignore[misc]
        reads.append(spent(lambda: _dashboard(plan, indicators)))
    one, change, dashboard = middle(looked), middle(changes), middle(reads)
    raw = {"lookup": one.raw(), "repetitions": len(looked)}
    return [
        Finding(
            "sqlite: one changed value until its figures are right / one look-up",
            change.by_the_clock(one),
            raw=raw | {"change": change.raw()},
        ),
        Finding(
            "sqlite: dashboard of 12 outcomes / one look-up",
            dashboard.by_the_clock(one),
            raw=raw | {"dashboard": dashboard.raw(), "indicators": len(indicators)},
        ),
    ]


def _contributors(plan: StrategicPlan) -> list[Contributor]:
    """Some that report on a quantity that adds up and feeds a headline."""
    found = Contributor.objects.filter(
        plan=plan,
        indicator__kind=Kind.QUANTITY,
        indicator__over_time=OverTime.SUM,
        indicator__feeds__isnull=False,
    )
    return list(found.select_related("plan").order_by("pk")[:100])


def _change(contributor: Contributor, value: Decimal) -> None:
    """An approved value of the current period counts on both bases."""
    posting = Posting(source="bench:change", state=State.REPORTED, amount=Amount(value))
    entries = [Entry(contributor, PERIODS, basis, posting) for basis in Basis]
    replace_postings(plan=contributor.plan, entries=entries, by=None)
    drain(contributor.plan_id)


def _dashboard(plan: StrategicPlan, indicators: list[Indicator]) -> None:
    """Target, actual and status of every indicator of the outcomes, for the whole plan."""
    period = ReportingPeriod.objects.get(plan=plan, number=PERIODS)
    stands = PlanRevision.objects.at().get(plan=plan)
    figures = read(indicators, periods=(PERIODS, PERIODS), scopes=[scopes.PLAN], cells=False)
    sticks = yardsticks(indicators, scopes=[scopes.PLAN])
    for one in indicators:
        stick = sticks.get((one.pk, scopes.PLAN), NOTHING)
        assess(figures.get(one, scopes.PLAN, PERIODS), stick, stands, period)
