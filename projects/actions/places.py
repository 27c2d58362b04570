"""Cities by the names that people type."""

from __future__ import annotations

from django.utils.text import slugify

from habitat_tracker.accounts.models import Country, User
from outcomes.actions import get_thing
from outcomes.models import Thing
from plans.models import StrategicPlan

CITY = "city"


def city_named(*, plan: StrategicPlan, country: Country, name: str, by: User | None) -> Thing:
    """The city of a country by the name typed, made where it is new."""
    known: Thing | None = Thing.objects.named(plan, CITY, [name]).get(name.casefold())
    if known is not None and known.country_id == country.pk:
        return known
    key = f"{country.iso3}/{slugify(name, allow_unicode=True) or name}"[:120]
    return get_thing(plan=plan, kind=CITY, key=key, name={"en": name}, country=country, by=by)
