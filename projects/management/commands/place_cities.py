"""`manage.py place_cities`: where the cities of a plan lie, from a GeoNames file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from habitat_tracker.errors import DomainError
from plans.models import StrategicPlan
from projects.actions import place_cities, read_gazetteer


class Command(BaseCommand):
    help = (
        "Give the cities of a plan that have no position the one of a GeoNames file "
        "(cities500.txt to cities15000.txt of download.geonames.org/export/dump), by name and "
        "country. What is unclear or not found is named and left as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--plan", required=True, help="code of the plan")

    def handle(self, *args: Any, file: Path, plan: str, **options: Any) -> None:
        found = StrategicPlan.objects.filter(code=plan).first()
        if found is None:
            raise CommandError(f"There is no plan {plan}.")
        try:
            with file.open(encoding="utf-8") as lines:
                told = place_cities(plan=found, gazetteer=read_gazetteer(lines), by=None)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{file} is not text in UTF-8.") from None
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{len(told.placed)} cities placed.")
        for words, cities in (
            ("Several places of that name", told.unclear),
            ("Not found", told.not_found),
        ):
            if cities:
                names = ", ".join(f"{city} ({city.key})" for city in cities)
                self.stdout.write(f"{words}: {names}.")
