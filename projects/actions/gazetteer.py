"""Where cities lie, as the GeoNames gazetteer has it (geonames.org, CC BY 4.0)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError
from outcomes.models import Thing
from plans.models import StrategicPlan
from projects.spelling import normalised

from .places import CITY, Position, place_city

# Of several places of one name in a country the one is meant that is so much larger.
FAR_LARGER = 10
# Historical, abandoned and destroyed places, and former capitals.
GONE = ("PPLH", "PPLQ", "PPLW", "PPLCH")


@dataclass(frozen=True)
class GazetteerPlace:
    """A populated place of the GeoNames gazetteer."""

    number: str
    names: frozenset[str]
    iso2: str
    latitude: Decimal
    longitude: Decimal
    population: int


@dataclass
class Placed:
    """What came of looking for cities in a gazetteer."""

    placed: list[Thing] = field(default_factory=list)
    unclear: list[Thing] = field(default_factory=list)
    not_found: list[Thing] = field(default_factory=list)


def read_gazetteer(lines: Iterable[str]) -> Iterator[GazetteerPlace]:
    """The populated places of a GeoNames dump such as cities15000.txt, a tabbed line each.

    Raises `not_a_gazetteer` with the line's number.
    """
    for number, line in enumerate(lines, 1):
        parts = line.rstrip("\r\n").split("\t")
        try:
            geoname, name, ascii_name, others, latitude, longitude, kind = parts[:7]
            if kind != "P" or parts[7] in GONE:
                continue
            yield GazetteerPlace(
                number=geoname,
                names=frozenset(
                    normalised(one) for one in (name, ascii_name, *others.split(",")) if one
                ),
                iso2=parts[8],
                latitude=Decimal(latitude),
                longitude=Decimal(longitude),
                population=int(parts[14] or 0),
            )
        except (ValueError, ArithmeticError, IndexError) as wrong:
            raise DomainError(
                _("Line %(number)s is not one of a GeoNames file.") % {"number": number},
                "not_a_gazetteer",
            ) from wrong


@transaction.atomic
def place_cities(
    *, plan: StrategicPlan, gazetteer: Iterable[GazetteerPlace], by: User | None
) -> Placed:
    """Place the plan's cities that have no position, by name and country.

    Of several places of a name in a country the largest is taken where it has ten times the
    inhabitants of the next; else the city is left as it is. Raises `not_allowed`.
    """
    rows = Thing.objects.filter(plan=plan, kind=CITY, latitude=None)
    cities = {
        city: {(city.country.iso2, normalised(name)) for name in city.name.values() if city.country}
        for city in rows.select_related("country").order_by("key")
    }
    wanted = set().union(*cities.values())
    known: dict[tuple[str, str], list[GazetteerPlace]] = {}
    for place in gazetteer:
        for key in {(place.iso2, name) for name in place.names} & wanted:
            known.setdefault(key, []).append(place)
    told = Placed()
    for city, keys in cities.items():
        found = {place.number: place for key in keys for place in known.get(key, [])}
        largest = sorted(found.values(), key=lambda place: -place.population)
        if not largest:
            told.not_found.append(city)
        elif len(largest) > 1 and largest[0].population < FAR_LARGER * max(
            largest[1].population, 1
        ):
            told.unclear.append(city)
        else:
            one = largest[0]
            said = Position(one.latitude, one.longitude, f"GeoNames {one.number}")
            told.placed.append(place_city(city=city, said=said, by=by))
    return told
