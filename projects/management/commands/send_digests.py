"""`manage.py send_digests [--day] [--dry-run]`: the daily e-mails, as the schedule sends them."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from projects.actions import send_digests


class Command(BaseCommand):
    help = "Send everybody one e-mail with what waits for them, unless it was sent on this day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--day", type=date.fromisoformat, help="the day that it is for (default: today)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="only say how many would be sent"
        )

    def handle(self, *args: Any, day: date | None, dry_run: bool, **options: Any) -> None:
        done = send_digests(day=day, dry_run=dry_run)
        verb = "would be sent" if dry_run else "sent"
        self.stdout.write(
            f"Daily e-mails: {done.sent} {verb}, {done.failed} refused by the mail server, "
            f"nothing for {done.nothing} people."
        )
