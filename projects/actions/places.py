"""Cities: made by the names that people type, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot
from habitat_tracker.accounts.models import Country, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, too_long
from habitat_tracker.fields import parse_decimal
from outcomes.actions import get_thing
from outcomes.models import Thing
from plans.models import StrategicPlan
from projects.permissions import can_place_cities
from projects.spelling import normalised

CITY = "city"
LONGEST_SOURCE = 200
# Five decimals of a degree are about a metre.
EXACT = Decimal("0.00001")


def city_named(*, plan: StrategicPlan, country: Country, name: str, by: User | None) -> Thing:
    """The city of a country by the name typed, made where it is new.

    It is known by its key or a name in any language, accents, punctuation and case aside.
    """
    wanted = normalised(name)
    for thing in Thing.objects.filter(plan=plan, kind=CITY, country=country).order_by("pk"):
        if wanted in {normalised(one) for one in (thing.key, *thing.name.values())}:
            return thing
    key = f"{country.iso3}/{slugify(name, allow_unicode=True) or name}"[:120]
    return get_thing(plan=plan, kind=CITY, key=key, name={"en": name}, country=country, by=by)


@dataclass(frozen=True)
class Position:
    """A point in degrees of WGS 84 as somebody wrote it, north and east positive; its source."""

    latitude: object | None = None
    longitude: object | None = None
    source: str = ""


@transaction.atomic
def place_city(*, city: Thing, said: Position, by: User | None) -> Thing:
    """Say where a city lies, rounded to five decimals; without both numbers it is not known.

    `by` empty is the system itself; what is the same changes nothing. Raises `not_allowed`,
    `not_a_city`, and with every field's problem `missing_latitude`, `missing_longitude`,
    `not_a_number`, `too_many_decimals`, `out_of_range`, `missing_source`, `too_long`.
    """
    if by is not None and not can_place_cities(by):
        raise NotAllowed(_("Only a reporter or manager of an office may say where a city lies."))
    city = Thing.objects.select_for_update().get(pk=city.pk)
    if city.kind != CITY:
        raise DomainError(_("Only a city has a position."), "not_a_city")
    latitude, longitude, source = _read(said)
    before = snapshot([city])
    city.latitude, city.longitude = latitude, longitude
    city.position_source = source if latitude is not None else ""
    if changes := before.told([city])[city]:
        city.save(update_fields=["latitude", "longitude", "position_source"])
        record_activity(by=by, verb="changed", targets=[city], changes=changes)
    return city


def _read(said: Position) -> tuple[Decimal | None, Decimal | None, str]:
    """Both numbers or none, and the source; raises the problems of all fields together."""
    problems: list[Problem] = []
    degrees = {"latitude": said.latitude, "longitude": said.longitude}
    written = {name: value for name, value in degrees.items() if value not in (None, "")}
    read: dict[str, Decimal] = {}
    for name, value in written.items():
        try:
            read[name] = parse_decimal(value, name).quantize(EXACT, ROUND_HALF_UP)
        except InvalidInput as wrong:
            problems += wrong.problems
    if "latitude" not in written and "longitude" in written:
        problems.append(Problem("latitude", "missing_latitude", _("Say the latitude too.")))
    if "longitude" not in written and "latitude" in written:
        problems.append(Problem("longitude", "missing_longitude", _("Say the longitude too.")))
    if abs(read.get("latitude", Decimal(0))) > 90:
        text = _("A latitude is between -90 and 90 degrees.")
        problems.append(Problem("latitude", "out_of_range", text))
    if abs(read.get("longitude", Decimal(0))) > 180:
        text = _("A longitude is between -180 and 180 degrees.")
        problems.append(Problem("longitude", "out_of_range", text))
    source = " ".join(said.source.split())
    if written and not source:
        problems.append(Problem("source", "missing_source", _("Say where the position is from.")))
    if len(source) > LONGEST_SOURCE:
        problems.append(too_long("source", LONGEST_SOURCE))
    if problems:
        raise InvalidInput(problems)
    return read.get("latitude"), read.get("longitude"), source
