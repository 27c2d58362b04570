"""`manage.py load_mtr`: what the mid-term review reports, entered and approved."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

import plans
from habitat_tracker.errors import DomainError
from outcomes.rollup.queue import drain
from projects.actions.load_review import load_review, read_review_file

SHIPPED = Path(plans.__file__).parent / "data" / "mtr-2021.yaml"


class Command(BaseCommand):
    help = (
        "Enter the results and notes of section VII of the mid-term review, submit and approve "
        "them, and keep what it states elsewhere. What was entered before is left as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=SHIPPED)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            entered = load_review(file=read_review_file(file))
        except DomainError as error:
            raise CommandError(error.message) from None
        drain()
        self.stdout.write(
            f"Mid-term review: {entered.results} results, {entered.notes} notes and "
            f"{entered.stated} stated figures entered."
        )
