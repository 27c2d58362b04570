"""Compares every stored figure with the ledger, and the ledger with its rules."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from .figures import add_verification_arguments, verify_figures


class Command(BaseCommand):
    """Names every difference and every posting that breaks a rule; same as `figures verify`."""

    help = (
        "Compare stored figures with the ledger and the ledger with its rules;"
        " exits 1 and names each difference and each posting that breaks a rule."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_verification_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        verify_figures(self, plan=options["plan"], no_drain=options["no_drain"])
