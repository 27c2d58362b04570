"""What projects delivered in each city."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Max

from habitat_tracker.accounts.models import Country
from habitat_tracker.names import name_key
from outcomes.models import Thing


@dataclass(frozen=True)
class CityRow:
    """A city with the number of deliverables and the day of the last one."""

    city: Thing
    country: Country
    count: int
    last: date


def delivered_by_city(deliverables: Any) -> list[CityRow]:
    """The cities of the deliverables asked for, by country and name; two queries."""
    told = deliverables.filter(city__isnull=False).order_by().values_list("city")
    counts = {pk: (n, last) for pk, n, last in told.annotate(Count("pk"), Max("date"))}
    cities = Thing.objects.filter(pk__in=counts, country__isnull=False).select_related("country")
    rows = [CityRow(city, city.country, *counts[city.pk]) for city in cities if city.country]
    return sorted(rows, key=lambda row: (name_key(str(row.country)), name_key(str(row.city))))
