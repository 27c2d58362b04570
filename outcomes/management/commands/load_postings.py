"""`manage.py load_postings FILE.csv --plan CODE`: many postings at once, into the ledger."""

import csv
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from habitat_tracker.errors import DomainError, InvalidInput
from outcomes.actions import PostingRow, load_postings
from outcomes.rollup.queue import drain
from plans.models import StrategicPlan

NEEDED = {"indicator", "source", "place", "period"}


class Command(BaseCommand):
    help = (
        "Post the rows of a CSV file to the ledger and withdraw what their places held. Loading "
        "it again changes nothing; a faulty file is refused as a whole, every row with its reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--plan", required=True, help="code of the plan")
        parser.add_argument("--reason", default="", help="why, for the record of what was done")
        parser.add_argument(
            "--check", action="store_true", help="only check the file and tell what it would do"
        )

    def handle(self, *args: Any, file: Path, check: bool, **options: Any) -> None:
        plan = StrategicPlan.objects.filter(code=options["plan"]).first()
        if plan is None:
            raise CommandError(f"There is no plan {options['plan']}.")
        try:
            # A file saved by a spreadsheet begins with a byte order mark.
            with file.open(encoding="utf-8-sig", newline="") as lines:
                loaded = load_postings(
                    plan=plan, rows=_rows(lines), by=None, reason=options["reason"], check=check
                )
        except InvalidInput as refused:
            for problem in refused.problems:
                self.stderr.write(
                    f"row {problem.row}: {problem.field}: {problem.message} ({problem.code})"
                )
            raise CommandError(
                f"{len(refused.problems)} problems in {file.name}; nothing was written."
            ) from None
        except DomainError as refused:
            raise CommandError(refused.message) from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"{file.name} cannot be read: {error}") from None
        if not check:
            drain(plan_id=plan.pk)
        done = "would be posted" if check else "posted"
        self.stdout.write(
            f"{loaded.posted} rows {done}, {loaded.unchanged} unchanged, "
            f"{loaded.withdrawn} withdrawn."
        )


def _rows(lines: IO[str]) -> Iterator[PostingRow]:
    """The rows under the heading, whose columns may stand in any order and be left out."""
    cells = csv.reader(lines, strict=True)
    heading = [name.strip() for name in next(cells, [])]
    unknown = sorted(set(heading) - set(PostingRow._fields))
    missing = sorted(NEEDED - set(heading))
    if unknown or missing or len(set(heading)) < len(heading):
        raise CommandError(
            f"Columns: {', '.join(PostingRow._fields)}. Missing: {', '.join(missing) or 'none'}. "
            f"Unknown: {', '.join(unknown) or 'none'}. Each at most once."
        )
    # A column that the file leaves out is empty: it is read from behind the row's last one.
    order = itemgetter(
        *(heading.index(name) if name in heading else -1 for name in PostingRow._fields)
    )
    for row in cells:
        if row and len(row) != len(heading):
            raise CommandError(
                f"Line {cells.line_num} has {len(row)} columns, the heading {len(heading)}."
            )
        if row:
            yield PostingRow._make(order([*row, ""]))
