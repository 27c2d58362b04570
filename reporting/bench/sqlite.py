"""`bench sqlite`: one change and one read on a SQLite file of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from outcomes.rollup.queue import drain

from . import change, read
from .findings import Finding, Options
from .world import bench_plan

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
    """Changes until all their figures are right, and dashboards, each over one look-up."""
    if connection.vendor != "sqlite":
        raise CommandError("--here measures a SQLite file, and the settings name another database.")
    drain(bench_plan().pk)
    return [
        Finding(f"sqlite: {one.name}", one.value, raw=one.raw)
        for one in (*change.run(options), *read.run(options))
    ]
