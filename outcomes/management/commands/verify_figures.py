"""Compares every stored figure with one computed from the ledger."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outcomes.rollup.queue import drain
from outcomes.rollup.verify import verify
from plans.models import StrategicPlan


class Command(BaseCommand):
    """Names every difference and ends with 1 where there is one."""

    help = "Compare stored figures with the ledger; exits 1 and names each difference."

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
        differences = 0
        for difference in verify(plan):
            differences += 1
            self.stderr.write(str(difference))
        if differences:
            raise CommandError(f"{differences} figures differ from the ledger.")
        self.stdout.write("0 differences.")
