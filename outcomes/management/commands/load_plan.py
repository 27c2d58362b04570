"""`manage.py load_plan [FILE]`: the plan that is written down in a file, into the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

import plans
from habitat_tracker.errors import DomainError
from outcomes.actions.load_plan import load_plan
from outcomes.plan_file import read_plan_file
from outcomes.rollup.queue import drain

SHIPPED = Path(plans.__file__).parent / "data" / "plan-2020-2023.yaml"


class Command(BaseCommand):
    help = (
        "Load a strategic plan from a YAML file, by default the plan 2020-2023. Loading it again "
        "changes nothing; a faulty file is refused as a whole, with line and reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=SHIPPED)
        parser.add_argument(
            "--check", action="store_true", help="only read the file and tell its faults"
        )

    def handle(self, *args: Any, file: Path, check: bool, **options: Any) -> None:
        try:
            content = read_plan_file(file)
            if check:
                self.stdout.write(f"{file.name} has no fault.")
                return
            loaded = load_plan(file=content, name=file.name)
        except DomainError as error:
            raise CommandError(error.message) from None
        if loaded.anything:
            drain()
            done = f"{loaded.added} rows added, {loaded.changed} changed."
        else:
            done = "nothing to change."
        self.stdout.write(f"Plan {content['plan']['code']}: {done}")
