"""`manage.py load_demo [--remove]`: the demonstration plan with its synthetic portfolio."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from habitat_tracker.errors import DomainError
from projects.demonstration import load_demonstration, remove_demonstration
from projects.demonstration.load import PROJECTS


class Command(BaseCommand):
    help = (
        "Load the demonstration: a plan of its own (DEMO) with synthetic projects and results. "
        "Loading it again changes nothing; --remove takes all of it away and nothing else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="remove the demonstration")
        parser.add_argument(
            "--accounts",
            action="store_true",
            help="let its people sign in with a password that everybody knows; not in production",
        )
        parser.add_argument(
            "--projects",
            type=int,
            default=PROJECTS,
            help="how many projects (default: %(default)s)",
        )

    def handle(
        self, *args: Any, remove: bool, accounts: bool, projects: int, **options: Any
    ) -> None:
        if remove:
            self.remove()
            return
        try:
            loaded = load_demonstration(projects=projects, accounts=accounts)
        except DomainError as error:
            raise CommandError(error.message) from None
        if loaded.new:
            self.stdout.write(
                f"Demonstration: {loaded.projects} projects, {loaded.lines} reporting lines and "
                f"{loaded.results} results loaded."
            )
        else:
            self.stdout.write("Demonstration: it is there; nothing to change.")

    def remove(self) -> None:
        """Remove it and tell what had to stay."""
        removed = remove_demonstration()
        kept = [*removed.kept_accounts, *removed.kept_offices]
        if not removed.removed:
            self.stdout.write("Demonstration: it is not there; nothing to remove.")
        elif kept:
            self.stdout.write(
                f"Demonstration: removed. Kept, as the real plan needs them: {', '.join(kept)} "
                "(the accounts cannot sign in any more)."
            )
        else:
            self.stdout.write("Demonstration: removed.")
