"""The demonstration's innovation labs: invented, each in a city where projects work."""

from __future__ import annotations

from collections.abc import Sequence

from plans.models import StrategicPlan
from projects.actions import LabInput, save_lab
from projects.choices import LabStatus
from projects.models import Project

from .people import Staff
from .portfolio import Atlas

# Country, which of its cities, state.
LABS = (
    ("KEN", 0, LabStatus.OPERATING),
    ("EGY", 1, LabStatus.OPERATING),
    ("COL", 1, LabStatus.OPERATING),
    ("PHL", 1, LabStatus.IN_PROGRESS),
    ("SRB", 0, LabStatus.CLOSED),
)


def register_labs(
    plan: StrategicPlan, staff: Staff, atlas: Atlas, projects: Sequence[Project]
) -> None:
    """Labs of the countries' regional offices, with two projects each that work there."""
    for iso3, number, status in LABS:
        country, city = atlas.countries[iso3], atlas.cities[iso3][number]
        if country.office is None:
            continue
        there = [one for one in projects if country in one.countries.all()]
        save_lab(
            plan=plan,
            office=country.office,
            entered=LabInput(
                name=f"Urban innovation lab, {city.name['en']} (invented)",
                country=country,
                status=status,
                city=city.name["en"],
                host=f"City of {city.name['en']} (invented)",
                projects=tuple(there[:2]),
            ),
            by=staff.manager,
        )
