"""Measure what the product costs, as ratios to what the database itself needs."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reporting.bench import gen, measure
from reporting.bench.findings import Finding, Options, as_json, as_table
from reporting.bench.scenarios import GEN, MEASURED, SCENARIOS
from reporting.bench.world import bench_plan, refuse_real_data

ALL = "all"
QUICK_ROWS = 100_000
MANY_PROJECTS, QUICK_PROJECTS = 100_000, 20_000


class Command(BaseCommand):
    """`manage.py bench gen --rows 1000000`, then `manage.py bench change`; or `bench all`.

    Figures go to the output, progress to the error output.
    """

    help = "Measure the product against its database, on a plan of its own (BENCH)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = parser.add_subparsers(dest="scenario", required=True, metavar="scenario")
        for scenario in SCENARIOS.values():
            self.add_options(names.add_parser(scenario.name, help=scenario.about), scenario.name)
        self.add_options(names.add_parser(ALL, help="make the data and measure everything"), ALL)

    def add_options(self, parser: ArgumentParser, scenario: str) -> None:
        """The options of one scenario."""
        parser.add_argument("--json", action="store_true", help="print a JSON list of findings")
        parser.add_argument(
            "--on-real-data",
            action="store_true",
            help="run although the database holds more than what `bench gen` made",
        )
        parser.add_argument("--quick", action="store_true", help="less data, fewer repetitions")
        parser.add_argument("--repetitions", type=int, help="of each measurement (default: 5)")
        if scenario in (GEN.name, ALL, "sqlite"):
            parser.add_argument("--rows", type=int, help="live ledger rows, about")
            parser.add_argument("--skew", action="store_true", help="few places have most rows")
        if scenario in (GEN.name, ALL):
            parser.add_argument("--results", type=int, help="approved results (default: 2000)")
            parser.add_argument("--projects", type=int, help="bare projects, for long lists")
        if scenario == GEN.name:
            parser.add_argument("--remove", action="store_true", help="take the plan out again")
        if scenario in ("concurrency", ALL):
            parser.add_argument("--seconds", type=float, help="of writing in each round")
        if scenario == "sqlite":
            parser.add_argument(
                "--here",
                action="store_true",
                help="on the SQLite file of the settings, which `bench gen` has filled",
            )

    def handle(self, *args: Any, scenario: str, **given: Any) -> None:
        if not given["on_real_data"]:
            refuse_real_data()
        options = self.options(scenario, given)
        if scenario == ALL and not gen.is_made(options):
            made = gen.run(options)
        else:
            made = []
        if scenario != ALL and SCENARIOS[scenario].needs_data:
            bench_plan()
        machine = measure.machine()
        with measure.one_database_process():
            findings = made + self.measured(scenario, options)
        machine |= measure.machine_after()
        findings = [Finding("machine", machine["cores"] or 0, raw=machine), *findings]
        self.stdout.write(as_json(findings) if given["json"] else as_table(findings))

    def measured(self, scenario: str, options: Options) -> list[Finding]:
        """What one scenario found, or all that are there and possible here, in their order."""
        if scenario != ALL:
            return SCENARIOS[scenario].run(options)
        findings = []
        for one in MEASURED:
            if not one.is_there:
                options.say(f"bench {one.name} is not part of this installation.")
            elif one.needs_services and not measure.has_shared_services():
                options.say(f"bench {one.name} is left out: it needs PostgreSQL and Redis.")
            else:
                options.say(f"bench {one.name} ...")
                found = one.run(options)
                # Hours of measuring are not lost if a later scenario fails.
                options.say(as_table(found))
                findings += found
        return findings

    def options(self, scenario: str, given: dict[str, Any]) -> Options:
        """What is asked for, with the defaults of a quick or of a whole measurement."""
        quick = given["quick"]
        defaults: dict[str, Any] = {
            "rows": QUICK_ROWS if quick or scenario == "sqlite" else 1_000_000,
            "results": 2_000,
            "projects": 0,
            "repetitions": 3 if quick else 5,
            "seconds": 4.0 if quick else 10.0,
        }
        if scenario == ALL:
            defaults["projects"] = QUICK_PROJECTS if quick else MANY_PROJECTS
        said = {name: given[name] for name in defaults if given.get(name) is not None}
        for name, number in said.items():
            if number < 0 or (number == 0 and name not in ("results", "projects")):
                raise CommandError(f"--{name} must be above 0.")
        switches = {name: bool(given.get(name)) for name in ("quick", "skew", "remove", "here")}
        return Options(**{**defaults, **said, **switches}, say=self.tell)

    def tell(self, text: str) -> None:
        """A line about the progress."""
        self.stderr.write(text, self.style.NOTICE if os.isatty(2) else None)
