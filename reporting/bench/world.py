"""The plan that is measured on: BENCH, with its own offices, people and indicators.

4 domains, 12 outcomes, 36 indicators of every kind and rule, 2 headlines, 16 quarters; a
headquarters, 8 regional offices and 80 countries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.db import connection
from django.db.models import ProtectedError

from habitat_tracker.accounts.actions import create_office
from habitat_tracker.accounts.choices import OfficeKind, Role
from habitat_tracker.accounts.models import ActivityEntry, Country, Office, OfficeRole, User
from outcomes.actions import save_indicator, set_baseline, set_milestone, set_target
from outcomes.choices import Across, EvidenceRule, Kind, OverTime, Owner, counts_from_zero
from outcomes.models import Category, Dimension, Indicator, Outcome, RatingLevel, Thing
from plans.actions import add_period, revise_plan
from plans.models import Domain, StrategicPlan

PREFIX = "BENCH"
MAILBOX = "@bench.invalid"
START, END = date(2020, 1, 1), date(2023, 12, 31)
PERIODS = 16
REGIONS = 8
COUNTRIES = 80
FIRST_M49 = 900  # beyond the numbers that the standard has given
THINGS = 1_000  # of each kind

SEXES = ("women", "men", "other")
LEVELS = ("none", "low", "medium", "high")

Q, P, D, R = Kind.QUANTITY, Kind.PERCENTAGE, Kind.DISTINCT, Kind.RATING
_SUM = (Q, OverTime.SUM, Across.SUM)
# Every second indicator is a quantity that adds up; between them stand the others.
_OTHERS = [
    (Q, OverTime.LATEST, Across.SUM),
    (P, OverTime.SUM, Across.SUM),
    (Q, OverTime.MAX, Across.MAX),
    (Q, OverTime.LATEST, Across.SUM),
    (D, OverTime.SUM, Across.SUM),
    (Q, OverTime.MEAN, Across.MEAN),
    (P, OverTime.LATEST, Across.SUM),
    (Q, OverTime.LATEST, Across.SUM),
    (R, OverTime.LATEST, Across.SUM),
    (P, OverTime.SUM, Across.SUM),
    (Q, OverTime.LATEST, Across.NONE),
    (Q, OverTime.LATEST, Across.SUM),
    (D, OverTime.LATEST, Across.SUM),
    (Q, OverTime.MAX, Across.MAX),
    (P, OverTime.LATEST, Across.SUM),
    (Q, OverTime.LATEST, Across.SUM),
    (Q, OverTime.MEAN, Across.MEAN),
    (P, OverTime.SUM, Across.SUM),
]
RULES = [rule for other in _OTHERS for rule in (_SUM, other)]
# Which indicators (of those that add up) feed the two headlines.
FEEDS = {
    0: "BENCH-H1",
    6: "BENCH-H1",
    12: "BENCH-H1",
    18: "BENCH-H1",
    10: "BENCH-H2",
    20: "BENCH-H2",
    30: "BENCH-H2",
}


def is_broken_down(kind: str, over_time: str, across: str) -> bool:
    """Whether results are broken down by sex: what adds up across contributors is."""
    return kind in (Q, P) and across == Across.SUM


# --- What is there -----------------------------------------------------------------------


def refuse_real_data() -> None:
    """Raises CommandError where the database holds more than what `bench gen` made."""
    if StrategicPlan._meta.db_table not in connection.introspection.table_names():
        raise CommandError("The database has no tables yet: run `manage.py migrate` first.")
    plans = StrategicPlan.objects.exclude(code__startswith=PREFIX)
    people = User.objects.exclude(email__endswith=MAILBOX)
    found = [f"plan {code}" for code in plans.values_list("code", flat=True)[:3]]
    if people.exists():
        found.append(f"{people.count()} account(s)")
    if found:
        raise CommandError(
            f"This database holds real data ({', '.join(found)}). Measure on one of its own "
            "(DATABASE_URL), or say --on-real-data if you mean it."
        )


def bench_plan() -> StrategicPlan:
    """The plan that is measured on; raises CommandError with a hint where there is none."""
    plan = StrategicPlan.objects.filter(code=PREFIX).first()
    if plan is None:
        raise CommandError("There is nothing to measure on: run `manage.py bench gen` first.")
    return plan


# --- Making it ---------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """The small rows of the plan: what the ledger's rows refer to."""

    plan: StrategicPlan
    headquarters: Office
    regions: list[Office]
    # the places that report: office and country; last, headquarters with no country
    leaves: list[tuple[Office, Country | None]]
    indicators: list[Indicator]


def make_world(contributors: int) -> World:
    """Plan, offices, countries, people and indicators, made where they are missing.

    `contributors` is how many report on each indicator; the targets are set accordingly.
    """
    headquarters = _office("BENCH-HQ", OfficeKind.HEADQUARTERS, None)
    regions = [
        _office(f"BENCH-R{number}", OfficeKind.REGIONAL, headquarters)
        for number in range(1, REGIONS + 1)
    ]
    for name, role in (("reporter", Role.REPORTER), ("reviewer", Role.REVIEWER)):
        _person(name, role, headquarters)
    leaves: list[tuple[Office, Country | None]] = [
        (regions[number % REGIONS], country) for number, country in enumerate(_countries(regions))
    ]
    leaves.append((headquarters, None))
    plan = _plan()
    return World(plan, headquarters, regions, leaves, _indicators(plan, contributors))


def _office(code: str, kind: str, parent: Office | None) -> Office:
    found = Office.objects.filter(code=code).first()
    return found or create_office(code=code, name={"en": code}, kind=kind, parent=parent)


def _person(name: str, role: str, office: Office) -> None:
    """Somebody without a password: nobody can sign in as them."""
    made, _new = User.objects.get_or_create(
        email=f"{name}{MAILBOX}", defaults={"name": f"Bench {name}", "password": "!"}
    )
    OfficeRole.objects.get_or_create(user=made, office=office, role=role)


def _countries(regions: list[Office]) -> list[Country]:
    """80 countries: those that are there, and made-up ones for what is missing."""
    found = list(Country.objects.order_by("m49")[:COUNTRIES])
    missing = range(COUNTRIES - len(found))
    return found + Country.objects.bulk_create(
        Country(
            m49=FIRST_M49 + number,
            iso3=f"B{number:02d}",
            iso2=f"{number // 10}{chr(ord('A') + number % 10)}",
            name={"en": f"Bench country {number + 1}"},
            office=regions[number % REGIONS],
        )
        for number in missing
    )


def made_up_countries() -> Any:
    """The countries that only `bench gen` knows."""
    return Country.objects.filter(m49__gte=FIRST_M49, name__en__startswith="Bench country")


def _plan() -> StrategicPlan:
    found = StrategicPlan.objects.filter(code=PREFIX).first()
    if found:
        return found
    plan = StrategicPlan.objects.create(
        code=PREFIX,
        title={"en": "Plan to measure on"},
        short_title={"en": "Bench"},
        is_demonstration=True,
    )
    revise_plan(plan=plan, by=None, start=START, end=END)
    day = START
    for number in range(PERIODS):
        year, quarter = divmod(number, 4)
        following = date(2020 + (number + 1) // 4, (number + 1) % 4 * 3 + 1, 1)
        add_period(
            plan=plan,
            label=f"{2020 + year}-Q{quarter + 1}",
            kind="quarter",
            start=day,
            end=following - timedelta(days=1),
        )
        day = following
    return plan


def _indicators(plan: StrategicPlan, contributors: int) -> list[Indicator]:
    """The 36 indicators that are reported on, in their order; the headlines come with them."""
    headlines = {
        code: _indicator(plan, code, _SUM, owner=Owner.PLAN, is_headline=True, position=100)
        for code in sorted(set(FEEDS.values()))
    }
    made = []
    for number, rule in enumerate(RULES):
        outcome = _outcome(plan, number // 3)
        code = f"BENCH-{number + 1:02d}"
        feeds = headlines.get(FEEDS.get(number, ""))
        indicator = _indicator(
            plan, code, rule, owner=Owner.OUTCOME, outcome=outcome, feeds=feeds, position=number
        )
        made.append(indicator)
        _goals(indicator, contributors)
    for code, headline in headlines.items():
        _goals(headline, contributors * list(FEEDS.values()).count(code))
    for kind in ("city", "policy"):
        Thing.objects.bulk_create(
            [
                Thing(plan=plan, kind=kind, key=f"{kind}-{number:04d}", name={"en": f"{number}"})
                for number in range(THINGS)
            ],
            ignore_conflicts=True,
        )
    return made


def _outcome(plan: StrategicPlan, number: int) -> Outcome:
    domain, _new = Domain.objects.get_or_create(
        plan=plan,
        code=f"{number // 3 + 1}",
        defaults={"title": {"en": f"Domain {number // 3 + 1}"}, "position": number // 3},
    )
    code = f"{number // 3 + 1}.{number % 3 + 1}"
    outcome, _new = Outcome.objects.get_or_create(
        plan=plan,
        code=code,
        defaults={"domain": domain, "title": {"en": f"Outcome {code}"}, "position": number},
    )
    return outcome


def _indicator(
    plan: StrategicPlan, code: str, rule: tuple[Kind, OverTime, Across], **fields: Any
) -> Indicator:
    found = Indicator.objects.filter(plan=plan, code=code).first()
    if found:
        return found
    kind, over_time, across = rule
    indicator = Indicator(
        plan=plan,
        code=code,
        evidence_rule=EvidenceRule.NONE,
        title={"en": f"{kind.label}, {over_time.value} over time, {across.value} across"},
        unit={"en": "people" if kind == Q else ""},
        kind=kind,
        over_time=over_time,
        across=across,
        **fields,
    )
    if kind == D:
        indicator.thing_kind = "city" if over_time == OverTime.SUM else "policy"
    save_indicator(indicator=indicator, by=None)
    if is_broken_down(*rule):
        sex = Dimension.objects.create(indicator=indicator, code="sex", name={"en": "Sex"})
        for position, category in enumerate(SEXES):
            Category.objects.create(
                dimension=sex,
                indicator=indicator,
                code=category,
                name={"en": category.title()},
                position=position,
            )
    if kind == R:
        for position, level in enumerate(LEVELS):
            RatingLevel.objects.create(
                indicator=indicator, code=level, name={"en": level.title()}, position=position
            )
    return indicator


def _goals(indicator: Indicator, contributors: int) -> None:
    """Baseline, two milestones and a target for the whole plan, for most indicators."""
    if indicator.kind == R or indicator.across == Across.NONE or indicator.targets.exists():
        return
    typical = 500 * contributors  # see the values in `bulk`
    if indicator.kind == P:
        target = 60
    elif indicator.kind == D:
        target = THINGS
    elif indicator.over_time == OverTime.SUM:
        target = typical * PERIODS
    elif indicator.across == Across.SUM:
        target = typical * 3
    else:
        target = 10 if indicator.over_time == OverTime.MEAN else 1_100
    target = min(target, 10**11 - 1)
    if not counts_from_zero(indicator.kind, indicator.over_time):
        set_baseline(indicator=indicator, value=0, on=START, by=None)
    set_target(indicator=indicator, value=target, on=END, by=None)
    for year, share in ((2021, 2), (2022, 3)):
        set_milestone(
            indicator=indicator, value=target * share // 4, on=date(year, 12, 31), by=None
        )


# --- Taking it away ----------------------------------------------------------------------


def remove_places_and_people() -> None:
    """The offices, made-up countries and accounts of the plan, once nothing refers to them.

    What somebody has come to use elsewhere stays.
    """
    OfficeRole.objects.filter(user__email__endswith=MAILBOX).delete()
    people = User.objects.filter(email__endswith=MAILBOX)
    offices = Office.objects.filter(code__startswith=PREFIX).order_by("-path")
    for rows in (made_up_countries(), people, offices):
        for row in rows:
            key = str(row.pk)
            try:
                row.delete()
            except ProtectedError:
                continue
            ActivityEntry.objects.filter(target_type=row._meta.label_lower, target_id=key).delete()
