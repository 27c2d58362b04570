"""`manage.py sweep_evidence`: uploaded files that nothing refers to any more go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from projects.actions import sweep_evidence


class Command(BaseCommand):
    """Delete contents without evidence and files without a content, after a day's rest."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """`--dry-run` only counts."""
        parser.add_argument("--dry-run", action="store_true", help="delete nothing, only count")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep, and say what went."""
        swept = sweep_evidence(dry_run=options["dry_run"])
        verb = "would go" if options["dry_run"] else "went"
        self.stdout.write(
            f"{swept.contents} contents without evidence and {swept.files} files {verb}."
        )
