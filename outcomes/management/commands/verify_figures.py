"""Compares every stored figure with the ledger, and the ledger with its rules."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outcomes.rollup.broken import BrokenRow
from outcomes.rollup.queue import drain
from outcomes.rollup.verify import verify
from plans.models import StrategicPlan


class Command(BaseCommand):
    """Names every difference and every posting that breaks a rule; ends with 1 for any."""

    help = (
        "Compare stored figures with the ledger and the ledger with its rules;"
        " exits 1 and names each difference and each posting that breaks a rule."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plan", help="code of the plan (default: all)")
        parser.add_argument(
            "--no-drain",
            action="store_true",
            help="do not bring stale figures up to date first",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        plan = None
        if options["plan"]:
            plan = StrategicPlan.objects.filter(code=options["plan"]).first()
            if plan is None:
                raise CommandError(f"There is no plan {options['plan']}.")
        if not options["no_drain"]:
            drain(plan_id=plan.pk if plan else None)
        differences = broken = 0
        for found in verify(plan):
            if isinstance(found, BrokenRow):
                broken += 1
            else:
                differences += 1
            self.stderr.write(str(found))
        said = [f"{differences} figures differ from the ledger."] if differences else []
        said += [f"{broken} postings break a rule."] if broken else []
        if said:
            raise CommandError(" ".join(said))
        self.stdout.write("0 differences.")
