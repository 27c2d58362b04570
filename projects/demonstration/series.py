"""What a reporting line of the demonstration reports, quarter after quarter."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from outcomes.actions import get_thing
from outcomes.choices import Kind, OverTime, Qualifier
from outcomes.models import Dimension, Indicator, RatingLevel, Thing
from plans.models import ReportingPeriod, StrategicPlan
from projects.models import ProjectIndicator

from .portfolio import SEED, Atlas
from .words import LANGUAGE_OF, NARRATIVES, NOUNS, OTHER_NAMES

# Unit -> what one line reports in a quarter (or stands at), and how that grows by quarter.
SIZES: dict[str, tuple[float, float]] = {
    "people": (240, 0.05),
    "households": (60, 0.06),
    "usd": (180_000, 0.04),
    "properties": (2_600, 0.09),
    "percent": (34, 0.02),
    "minutes": (47, -0.015),
    "points": (6.2, 0.01),
    "days": (61, 0.01),
    "tonnes of co2 equivalent": (5_200, -0.03),
}
OTHER_SIZE = (40.0, 0.04)
# How many of a hundred results are not exact, by qualifier.
QUALIFIERS = {Qualifier.ABOUT: 5, Qualifier.AT_LEAST: 4, Qualifier.MORE_THAN: 3}


class Shelf:
    """Everything of the plan that is counted once, made when it is first named."""

    def __init__(self, plan: StrategicPlan, atlas: Atlas) -> None:
        self.plan = plan
        self.atlas = atlas
        self.made: dict[tuple[str, str], Thing] = {}
        self.shared: dict[str, list[Thing]] = defaultdict(list)

    def thing(self, kind: str, key: str, name: dict[str, str], **fields: Any) -> Thing:
        """The thing of a kind and key."""
        if (kind, key) not in self.made:
            self.made[(kind, key)] = get_thing(
                plan=self.plan, kind=kind, key=key, name=name, **fields
            )
        return self.made[(kind, key)]

    def country(self, iso3: str) -> Thing:
        """A country as a thing."""
        country = self.atlas.countries[iso3]
        return self.thing("country", iso3, dict(country.name), country=country)

    def city(self, city: Thing, line: ProjectIndicator) -> Thing:
        """A city; some projects know it by another name."""
        if city.key in OTHER_NAMES and int(line.project.code[-3:]) % 3 == 0:
            key, name = OTHER_NAMES[city.key]
            return self.thing("city", key, name, country=city.country)
        return city

    def own(self, kind: str, line: ProjectIndicator, number: int) -> Thing:
        """The so-manieth thing of a kind that a line brings forth."""
        noun = NOUNS.get(kind, kind.replace("_", " "))
        where = line.place_name or "global"
        made = self.thing(
            kind,
            f"demo-{line.pk}-{number}",
            {"en": f"Demonstration {noun} {line.project.code[-3:]}/{number}, {where}"},
        )
        self.shared[kind].append(made)
        return made


class Series:
    """The values of one line; the same line always says the same."""

    def __init__(
        self,
        line: ProjectIndicator,
        shelf: Shelf,
        dimensions: list[Dimension],
        levels: list[RatingLevel],
    ) -> None:
        self.line = line
        self.indicator: Indicator = line.indicator
        self.shelf = shelf
        self.levels = levels
        where = line.city.key if line.city else line.country.iso3 if line.country else ""
        self.name = f"{SEED} {line.project.code} {line.indicator.code} {where}"
        self.draw = random.Random(self.name)
        # A project breaks its numbers down by some of the dimensions, and goes on doing so.
        self.dimensions = [one for one in dimensions if self.draw.random() < 0.75]
        self.size = self.draw.uniform(0.5, 1.6)
        self.listed: list[Thing] = []
        self.made = 0

    def content(self, number: int) -> dict[str, Any]:
        """What is reported in a quarter: numbers, things or a level.

        Nothing where it is counted from the register of deliverables.
        """
        if self.indicator.counts_from:
            return {}
        kind = self.indicator.kind
        if kind == Kind.DISTINCT:
            return self._things(number)
        if kind == Kind.RATING:
            place = min(len(self.levels) - 1, int(self.size + number / 5 + self.draw.random() / 2))
            return {"rating": self.levels[place].code}
        content = self._percentage(number) if kind == Kind.PERCENTAGE else self._quantity(number)
        roll = self.draw.randrange(100)
        for qualifier, share in QUALIFIERS.items():
            roll -= share
            if roll < 0:
                content["qualifier"] = qualifier
                break
        return content

    def narrative(self, period: ReportingPeriod) -> str:
        """A sentence or nothing; in some countries not in English."""
        if self.draw.random() < 0.35:
            return ""
        country = self.line.city.country if self.line.city else self.line.country
        language = LANGUAGE_OF.get(country.iso3, "en") if country else "en"
        place = self.line.place_name or "several countries"
        return self.draw.choice(NARRATIVES[language]).format(place=place, period=period)

    def _quantity(self, number: int) -> dict[str, Any]:
        unit = str(self.indicator.unit.get("en", "")).lower()
        size, growth = SIZES.get(unit, OTHER_SIZE)
        size *= 0.85 + self.size * 0.15 if abs(growth) < 0.03 else self.size
        level = size * (1 + growth) ** number * self.draw.uniform(0.94, 1.06)
        if self.indicator.over_time == OverTime.SUM and self.draw.random() < 0.03:
            level = 0
        digits = min(self.indicator.decimals, 1)
        value = Decimal(level).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
        cells = {
            code: str(part)
            for dimension in self.dimensions
            for code, part in self._parts(dimension, value)
        }
        return {"value": value, "cells": cells}

    def _percentage(self, number: int) -> dict[str, Any]:
        of_all = Decimal(round(420 * self.size))
        share = 0.46 + 0.012 * number + self.draw.uniform(-0.03, 0.03)
        top = (of_all * Decimal(share)).quantize(Decimal(1))
        cells = {}
        for dimension in self.dimensions:
            bottoms = dict(self._parts(dimension, of_all))
            for code, part in self._parts(dimension, top):
                cells[code] = {"numerator": min(part, bottoms[code]), "denominator": bottoms[code]}
        cells = {code: pair for code, pair in cells.items() if pair["denominator"]}
        return {"numerator": top, "denominator": of_all, "cells": cells}

    def _parts(self, dimension: Dimension, total: Decimal) -> list[tuple[str, Decimal]]:
        """A total broken down; at times a rest stays unspecified, or parts overlap."""
        codes = [category.code for category in dimension.categories.all()]
        if not dimension.additive:
            return [
                (code, (total * Decimal(self.draw.uniform(0.1, 0.6))).quantize(Decimal(1)))
                for code in codes
            ]
        weights = [self.draw.uniform(0.8, 1.2) for _code in codes]
        whole = sum(weights) * self.draw.choice([1, 1, 1.06])
        unit = Decimal(1) if total == total.to_integral_value() else Decimal("0.1")
        parts = [
            (total * Decimal(weight / whole)).quantize(unit, rounding="ROUND_DOWN")
            for weight in weights
        ]
        return list(zip(codes, parts, strict=True))

    # Things -------------------------------------------------------------------------------

    def _things(self, number: int) -> dict[str, Any]:
        kind = self.indicator.thing_kind
        if kind in ("country", "city", "office"):
            reach = self._reach(kind)
            return {"things": reach[: max(1, round(len(reach) * (0.4 + number / 14)))]}
        if kind == "project" and self.line.country_id is None and not self._has_countries():
            return {"things": self._new(kind, self.draw.choice([1, 2, 3]))}
        if kind == "project":
            project = self.line.project
            return {"things": [self.shelf.thing(kind, project.code, dict(project.title))]}
        adds_up = self.indicator.over_time == OverTime.SUM
        fresh = self._new(kind, self.draw.choice([0, 1, 1, 2] if adds_up else [0, 0, 0, 1]))
        others = self.shelf.shared[kind]
        if others and self.draw.random() < 0.15:
            fresh.append(self.draw.choice(others))
        if not adds_up:
            self.listed += fresh
            fresh = list(self.listed)
        content: dict[str, Any] = {"things": fresh}
        if not fresh:
            content["unnamed"] = 0
        elif self.draw.random() < 0.08:
            content |= {"unnamed": self.draw.choice([1, 2, 4]), "qualifier": Qualifier.MORE_THAN}
        return content

    def _new(self, kind: str, count: int) -> list[Thing]:
        self.made += count
        return [
            self.shelf.own(kind, self.line, self.made - place) for place in reversed(range(count))
        ]

    def _has_countries(self) -> bool:
        return bool(self.line.project.countries.all())

    def _reach(self, kind: str) -> list[Thing]:
        """The countries, cities or offices that a line can list, in a fixed order."""
        atlas, line = self.shelf.atlas, self.line
        if kind == "office":
            regional = [code for code, office in atlas.offices.items() if office.kind == "regional"]
            return [
                self.shelf.thing("office", code, dict(atlas.offices[code].name))
                for code in sorted(regional)
            ]
        if line.city:
            return [self.shelf.city(line.city, line)]
        if line.country:
            countries = [line.country.iso3]
        else:
            own = [country.iso3 for country in line.project.countries.all()]
            countries = sorted(own) or sorted(atlas.cities)[int(self.size * 10) % 5 :: 5]
        if kind == "country":
            return [self.shelf.country(iso3) for iso3 in countries]
        cities = [city for iso3 in countries for city in atlas.cities.get(iso3, [])]
        return [self.shelf.city(city, line) for city in cities]
