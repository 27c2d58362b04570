"""The demonstration's projects: where they work, what they serve, and what they report on."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path

from django.utils.text import slugify

from habitat_tracker.accounts.models import Country, Office
from outcomes.actions import get_thing
from outcomes.choices import Across, Kind, Owner
from outcomes.models import Indicator, Outcome, Thing
from plans.models import ReportingPeriod, StrategicPlan
from projects.actions import (
    place_cities,
    read_gazetteer,
    save_project,
    set_alignment,
    set_line,
)
from projects.choices import ProjectStatus, Rank
from projects.models import Project, ProjectIndicator

from .people import OFFICE_PREFIX, Staff
from .plan import quarter_start
from .words import COUNTRY_OFFICES, OTHER_SUBJECTS, PLACES, SUBJECTS, SYNTHETIC

SEED = "habitat"
# Of a hundred projects so many belong to country offices, so many to headquarters.
IN_COUNTRY_OFFICES = 25
AT_HEADQUARTERS = 10
# With fewer projects than this some indicators stay without a reporter.
FULL = 60

# Where the cities lie, as rows of GeoNames.
CITIES = Path(__file__).parent / "cities.tsv"

Place = tuple[Country | None, Thing | None]
NOWHERE: Place = (None, None)


@dataclass
class Atlas:
    """The countries, cities and offices that the projects work in."""

    offices: dict[str, Office]
    countries: dict[str, Country]
    cities: dict[str, list[Thing]] = field(default_factory=dict)

    def regions(self) -> dict[str, list[str]]:
        """The countries by the office that they belong to."""
        by_office: dict[str, list[str]] = {}
        for iso3 in PLACES:
            country = self.countries.get(iso3)
            if country and country.office:
                by_office.setdefault(country.office.code, []).append(iso3)
        return by_office


def make_atlas(plan: StrategicPlan, staff: Staff) -> Atlas:
    """The places, with the cities as things of the plan, so that each is counted once."""
    countries = {
        country.iso3: country
        for country in Country.objects.select_related("office").filter(iso3__in=PLACES)
    }
    atlas = Atlas(staff.offices, countries)
    for iso3, country in countries.items():
        atlas.cities[iso3] = [
            get_thing(
                plan=plan,
                kind="city",
                key=slugify(english),
                name={"en": english, "zh": chinese},
                country=country,
            )
            for english, chinese in PLACES[iso3]
        ]
    with CITIES.open(encoding="utf-8") as lines:
        place_cities(plan=plan, gazetteer=read_gazetteer(lines), by=None)
    return atlas


@dataclass(frozen=True)
class Site:
    """The office that runs a project and the countries that it works in."""

    office: Office
    countries: list[str]


class Portfolio:
    """Makes the projects one after the other; each draws from a random source of its own."""

    def __init__(self, plan: StrategicPlan, atlas: Atlas, staff: Staff) -> None:
        self.plan = plan
        self.atlas = atlas
        self.staff = staff
        self.regions = atlas.regions()
        self.periods = list(ReportingPeriod.objects.filter(plan=plan).order_by("number"))
        self.outcomes = list(Outcome.objects.filter(plan=plan).select_related("domain"))
        self.by_outcome: dict[int | None, list[Indicator]] = {}
        for indicator in Indicator.objects.filter(plan=plan, is_headline=False).select_related(
            "plan"
        ):
            self.by_outcome.setdefault(indicator.outcome_id, []).append(indicator)
        self.in_turn = cycle(COUNTRY_OFFICES), cycle(sorted(self.regions))
        self.titles: set[str] = set()
        self.projects: list[Project] = []

    def make(self, count: int) -> None:
        """So many projects, spread evenly over the outcomes."""
        for number in range(count):
            draw = random.Random(f"{SEED} project {number}")
            outcome = self.outcomes[number % len(self.outcomes)]
            self._project(number + 1, outcome, draw)
        if count >= FULL:
            self._cover()

    def _project(self, number: int, outcome: Outcome, draw: random.Random) -> None:
        site = self._site(number, draw)
        countries = [self.atlas.countries[iso3] for iso3 in site.countries]
        first = draw.choice([-4, -2, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 6])
        length = draw.choice([8, 10, 12, 12, 14, 18])
        if number % 30 == 7:
            first, length = 10, 6
        elif number % 15 == 4:
            first, length = -3, 9
        start = self._day(first, draw)
        end = None if number % 20 == 11 else self._day(first + length, draw)
        status = ProjectStatus.ACTIVE
        if start > self.periods[8].end:
            status = ProjectStatus.APPROVED
        elif end and end < self.periods[8].start:
            status = ProjectStatus.CLOSED
        project = save_project(
            plan=self.plan,
            code=f"DEMO-{number:03}",
            title=self._title(outcome, site, draw),
            summary=SYNTHETIC,
            office=site.office,
            countries=countries,
            by=self.staff.manager,
            status=status,
            start=start,
            end=end,
            reason="Demonstration: it was approved before this system was in use.",
        )
        self.projects.append(project)
        served = self._served(outcome, draw)
        for rank, one in zip(Rank, served, strict=False):
            set_alignment(project=project, outcome=one, rank=rank, by=self.staff.manager)
        for indicator in self._indicators(served, site, draw):
            for place in self._places(indicator, site, draw):
                self._line(project, indicator, place)

    def _line(self, project: Project, indicator: Indicator, place: Place) -> ProjectIndicator:
        country, city = place
        return set_line(
            project=project,
            indicator=indicator,
            country=None if city else country,
            city=city,
            by=self.staff.manager,
        )

    def _site(self, number: int, draw: random.Random) -> Site:
        share = number * 37 % 100
        if share < IN_COUNTRY_OFFICES:
            iso3 = next(self.in_turn[0])
            office = self.atlas.offices.get(f"{OFFICE_PREFIX}{iso3}")
            if office:
                return Site(office, [iso3])
        if share >= 100 - AT_HEADQUARTERS:
            anywhere = draw.sample(sorted(self.atlas.countries), draw.choice([0, 0, 2, 3]))
            return Site(self.atlas.offices["HQ"], anywhere)
        code = next(self.in_turn[1])
        some = draw.sample(self.regions[code], min(draw.choice([1, 2, 2, 3]), len(PLACES)))
        return Site(self.atlas.offices[code], some)

    def _day(self, quarter: int, draw: random.Random) -> date:
        """A day near the first of a quarter of the plan, counted from 1; also before and after."""
        first = quarter_start(self.periods[0].start, quarter - 1)
        return first + timedelta(days=draw.randrange(0, 60))

    def _title(self, outcome: Outcome, site: Site, draw: random.Random) -> dict[str, str]:
        english, chinese = draw.choice(SUBJECTS.get(outcome.code, OTHER_SUBJECTS))
        if len(site.countries) == 1:
            iso3 = site.countries[0]
            place = draw.choice(PLACES[iso3])
        elif site.countries:
            names = [self.atlas.countries[iso3].name for iso3 in site.countries]
            place = (
                ", ".join(name.get("en", "") for name in names),
                "、".join(name.get("zh") or name.get("en", "") for name in names),
            )
        else:
            place = ("global", "全球")
        phase = 1
        title = f"Demonstration: {english}, {place[0]}"
        while title in self.titles:
            phase += 1
            title = f"Demonstration: {english}, {place[0]}, phase {phase}"
        self.titles.add(title)
        again = f"，第 {phase} 期" if phase > 1 else ""
        return {"en": title, "zh": f"演示：{chinese}，{place[1]}{again}"}

    def _served(self, primary: Outcome, draw: random.Random) -> list[Outcome]:
        """The primary outcome, mostly a second one and at times a third."""
        others = [outcome for outcome in self.outcomes if outcome != primary]
        more = draw.choice([0, 1, 1, 2])
        return [primary, *draw.sample(others, min(more, len(others)))]

    def _indicators(
        self, served: list[Outcome], site: Site, draw: random.Random
    ) -> list[Indicator]:
        """Two or three of the primary outcome, one of the second, at times one of the plan."""
        own = self.by_outcome.get(served[0].pk, [])
        chosen = draw.sample(own, min(draw.choice([2, 2, 3, 3]), len(own)))
        if len(served) > 1 and self.by_outcome.get(served[1].pk):
            chosen.append(draw.choice(self.by_outcome[served[1].pk]))
        wide = [
            indicator
            for indicator in self.by_outcome.get(None, [])
            if (indicator.owner == Owner.ORGANIZATION) == (not site.countries)
        ]
        if wide and (not site.countries or draw.random() < 0.15):
            chosen += draw.sample(wide, min(1 if site.countries else 2, len(wide)))
        return chosen

    def _places(self, indicator: Indicator, site: Site, draw: random.Random) -> list[Place]:
        """One to three countries or cities, or no single place; they never contain each other."""
        if not site.countries or indicator.owner == Owner.ORGANIZATION:
            return [NOWHERE]
        countries: list[Place] = [(self.atlas.countries[iso3], None) for iso3 in site.countries]
        if indicator.thing_kind == "country":
            return countries
        if len(countries) > 1 and draw.random() < 0.2:
            return [NOWHERE]
        cities: list[Place] = [
            (self.atlas.countries[iso3], city)
            for iso3 in site.countries
            for city in self.atlas.cities[iso3]
        ]
        local = indicator.thing_kind == "city" or indicator.kind in (Kind.QUANTITY, Kind.RATING)
        if cities and local and indicator.across != Across.NONE and draw.random() < 0.55:
            return draw.sample(cities, min(draw.choice([1, 2, 3]), len(cities)))
        return draw.sample(countries, min(draw.choice([1, 2]), len(countries)))

    def _cover(self) -> None:
        """Indicators that no project drew get a reporter, so that none stands empty by chance."""
        reported = set(
            ProjectIndicator.objects.filter(project__plan=self.plan).values_list(
                "indicator_id", flat=True
            )
        )
        primary = {
            alignment.outcome_id: project
            for project in self.projects
            if project.status == ProjectStatus.ACTIVE
            for alignment in project.alignments.all()
            if alignment.rank == Rank.PRIMARY
        }
        headquarters = self.atlas.offices["HQ"].pk
        central = [
            project
            for project in self.projects
            if project.office_id == headquarters and project.status == ProjectStatus.ACTIVE
        ]
        for outcome_id, indicators in self.by_outcome.items():
            for number, indicator in enumerate(indicators):
                if indicator.pk in reported:
                    continue
                project = primary.get(outcome_id) if outcome_id else central[number % len(central)]
                if project:
                    self._line(project, indicator, NOWHERE)
