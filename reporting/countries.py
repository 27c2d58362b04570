"""What the pages of countries show: their records, counts by region, and all that concerns one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.names import by_name
from outcomes.choices import AssessmentStage, FrameworkStage, UrbanContent
from outcomes.models import CountryRecord, RegionalStrategy
from outcomes.permissions import can_keep_country
from outcomes.rollup.reader import read
from plans.models import StrategicPlan
from projects.models import Alignment, Deliverable, Project

from .pages import IndicatorRow, indicator_rows, indicators_of
from .progress import yardsticks
from .selection import Selection

MOST_PROJECTS = 50
MOST_DELIVERABLES = 20
# What nobody has recorded, which is not "not started".
UNKNOWN = ""


@dataclass(frozen=True)
class CountryRow:
    """A country with what is recorded of it, if anything is."""

    country: Country
    record: CountryRecord | None


def with_records(countries: Iterable[Country], records: Any) -> list[CountryRow]:
    """The countries by name, with their records; one query for all of them."""
    rows = by_name(countries)
    held = {one.country_id: one for one in records.filter(country__in=[row.pk for row in rows])}
    return [CountryRow(row, held.get(row.pk)) for row in rows]


@dataclass
class RegionCounts:
    """How many countries of a region stand where; a country without a record is not known."""

    office: Office
    countries: int = 0
    cca: Counter[str] = field(default_factory=Counter)
    framework: Counter[str] = field(default_factory=Counter)
    content: Counter[int | None] = field(default_factory=Counter)

    def add(self, record: CountryRecord | None) -> None:
        """Count one country."""
        self.countries += 1
        self.cca[record.cca_stage if record else UNKNOWN] += 1
        self.framework[record.framework_stage if record else UNKNOWN] += 1
        self.content[record.content_rating if record else None] += 1

    @property
    def cca_counts(self) -> list[tuple[str, int]]:
        """By stage of the assessment, those not known last."""
        return [(stage, self.cca[stage]) for stage in (*AssessmentStage.values, UNKNOWN)]

    @property
    def framework_counts(self) -> list[tuple[str, int]]:
        """By stage of the framework, those not known last."""
        return [(stage, self.framework[stage]) for stage in (*FrameworkStage.values, UNKNOWN)]

    @property
    def content_counts(self) -> list[tuple[int | None, int]]:
        """By rating of the urban content, those not rated last."""
        return [(rating, self.content[rating]) for rating in (*UrbanContent.values, None)]

    @property
    def states(self) -> list[tuple[str, str, list[tuple[str, str, int]]]]:
        """What is recorded of a country, and how many gave each answer, in words.

        Names and answers are those of the filters of the list.
        """
        return [
            (
                "cca",
                _("Common country assessment"),
                [(str(stage.value), str(stage.label), self.cca[stage]) for stage in AssessmentStage]
                + [("unknown", _("Not known"), self.cca[UNKNOWN])],
            ),
            (
                "framework",
                _("Cooperation framework"),
                [
                    (str(stage.value), str(stage.label), self.framework[stage])
                    for stage in FrameworkStage
                ]
                + [("unknown", _("Not known"), self.framework[UNKNOWN])],
            ),
            (
                "content",
                _("Urban content"),
                [(str(rate.value), str(rate.label), self.content[rate]) for rate in UrbanContent]
                + [("unknown", _("Not rated"), self.content[None])],
            ),
        ]


@dataclass(frozen=True)
class RegionCountries:
    """The countries of a region with their records, and how many of them stand where."""

    rows: list[CountryRow]
    counts: RegionCounts

    @property
    def recorded(self) -> list[CountryRow]:
        """Those of which something is recorded."""
        return [row for row in self.rows if row.record]

    @property
    def silent(self) -> list[CountryRow]:
        """Those of which nothing is recorded."""
        return [row for row in self.rows if row.record is None]


def region_countries(
    plan: StrategicPlan, office: Office, user: User, moment: datetime | None = None
) -> RegionCountries:
    """The countries of an office and of all below it, as recorded then; two queries."""
    countries = Country.objects.visible_to(user).filter(office__path__startswith=office.path)
    records = CountryRecord.objects.visible_to(user).at(moment).filter(plan=plan)
    rows = with_records(countries, records)
    counts = RegionCounts(office)
    for row in rows:
        counts.add(row.record)
    return RegionCountries(rows, counts)


def region_counts(
    plan: StrategicPlan, offices: Iterable[Office], user: User, moment: datetime | None = None
) -> list[RegionCounts]:
    """The countries of regions by where they stand; two queries, whatever their number."""
    counts = [RegionCounts(office) for office in offices]
    records = CountryRecord.objects.visible_to(user).at(moment).filter(plan=plan)
    held = {one.country_id: one for one in records}
    for country in Country.objects.visible_to(user).select_related("office"):
        for region in counts:
            if country.office and country.office.path.startswith(region.office.path):
                region.add(held.get(country.pk))
    return counts


@dataclass(frozen=True)
class CountryPage:
    """All that concerns one country under the plan."""

    country: Country
    record: CountryRecord | None
    earlier: list[CountryRecord]
    strategies: list[RegionalStrategy]
    rows: list[IndicatorRow]
    projects: list[Project]
    is_more: bool
    deliverables: list[Deliverable]
    may_keep: bool

    @property
    def updating(self) -> bool:
        """Whether a figure shown is being computed again."""
        return any(row.updating for row in self.rows)


def country_page(selection: Selection, user: User) -> CountryPage:
    """The record and the strategy of the region, results, projects and deliverables."""
    plan, country = selection.plan, selection.scope.country
    assert country is not None
    records = list(
        CountryRecord.objects.visible_to(user)
        .filter(plan=plan, country=country)
        .select_related("recorded_by")
        .order_by("-recorded_at", "-pk")
    )
    if selection.moment is not None:
        records = [one for one in records if one.recorded_at <= selection.moment]
    projects = list(
        Project.objects.visible_to(user)
        .filter(plan=plan, countries=country)
        .counted()
        .select_related("office")
        .prefetch_related(Prefetch("alignments", Alignment.objects.select_related("outcome")))
        .order_by("code")[: MOST_PROJECTS + 1]
    )
    return CountryPage(
        country=country,
        record=records[0] if records else None,
        earlier=records[1:],
        strategies=_strategies(plan, country, user),
        rows=_results(selection, user),
        projects=projects[:MOST_PROJECTS],
        is_more=len(projects) > MOST_PROJECTS,
        deliverables=list(
            Deliverable.objects.visible_to(user)
            .of_plan(plan)
            .counting()
            .filter(country=country)
            .select_related("project", "city")
            .order_by("-date", "-pk")[:MOST_DELIVERABLES]
        ),
        may_keep=can_keep_country(user, country),
    )


def _strategies(plan: StrategicPlan, country: Country, user: User) -> list[RegionalStrategy]:
    """The strategies of the offices above the country that are for it."""
    above = country.office.chain if country.office else []
    named = RegionalStrategy.countries.through.objects.filter(country=country)
    return list(
        RegionalStrategy.objects.visible_to(user)
        .filter(
            Q(countries__isnull=True) | Q(pk__in=named.values("regionalstrategy")),
            plan=plan,
            office__in=above,
        )
        .with_priorities()
        .distinct()
    )


def _results(selection: Selection, user: User) -> list[IndicatorRow]:
    """The indicators that anybody reports, or should report, for the country."""
    indicators = list(indicators_of(selection, user).select_related("outcome"))
    number, scope = selection.period.number, selection.scope.number
    figures = read(
        indicators,
        periods=(number, number),
        scopes=[scope],
        bases=(selection.basis,),
        cells=False,
        moment=selection.moment,
    )
    standards = yardsticks(indicators, [scope], selection.moment)
    rows = indicator_rows(indicators, figures, selection, standards)
    return [row for row in rows if row.figure.expected or row.figure.row.denominator is not None]
