"""The countries of the United Nations' M49 standard, as the project ships them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from .actions import record_activity
from .changes import Snapshot, snapshot
from .models import Country, Office, User

COUNTRIES = Path(__file__).parent / "data" / "countries.json"


def _regions(listed: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Region and smallest subregion in English, by code; empty where there is none."""
    by_code = {region["code"]: region for region in listed}

    def chain(code: str) -> list[str]:
        parent = by_code[code]["parent"]
        above = chain(parent) if parent else []
        return [*above, by_code[code]["names"]["en"]]

    below_world = {code: chain(code)[1:] for code in by_code}
    return {
        code: (names[0] if names else "", names[-1] if len(names) > 1 else "")
        for code, names in below_world.items()
    }


@transaction.atomic
def load_countries(*, path: Path = COUNTRIES, by: User | None = None) -> tuple[int, int]:
    """Add and update the countries; returns how many were added and changed.

    An office is given to a country when it is added: moving a country to another office moves
    what was reported there, which is not done by loading a file.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    regions = _regions(content["regions"])
    offices = {office.code: office for office in Office.objects.all()}
    held = {country.m49: country for country in Country.objects.all()}
    added, changed = [], []
    before = Snapshot()
    for row in content["countries"]:
        region, subregion = regions[row["region"]]
        fields = {
            "iso3": row["iso3"],
            "iso2": row["iso2"],
            "name": row["names"],
            "region": region,
            "subregion": subregion,
        }
        country = held.get(int(row["m49"]))
        if country is None:
            office = offices.get(row["office"])
            added.append(Country(m49=int(row["m49"]), office=office, **fields))
        elif any(getattr(country, name) != value for name, value in fields.items()):
            before.rows |= snapshot([country]).rows
            for name, value in fields.items():
                setattr(country, name, value)
            changed.append(country)
    Country.objects.bulk_create(added)
    Country.objects.bulk_update(changed, ["iso3", "iso2", "name", "region", "subregion"])
    for verb, rows in (("added", added), ("changed", changed)):
        told = before.told(rows)
        record_activity(by=by, verb=verb, targets=rows, reason=path.name, changes=told)
    return len(added), len(changed)
