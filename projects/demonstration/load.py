"""Loads the demonstration: plan, people, projects, results, figures and targets, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.utils import timezone

from outcomes.models import (
    Contributor,
    ContributorRevision,
    Indicator,
    Measurement,
    PostedThing,
    Thing,
)
from outcomes.rollup.queue import drain
from plans.models import StrategicPlan
from projects.models import ProjectIndicator, Result

from .about import say_what_they_are_about
from .countries import record_countries
from .delivered import apply_products, profile_cities
from .labs import register_labs
from .lives import Lives
from .money import keep_money, keep_rates
from .partners import keep_partners
from .people import check_sign_in_allowed, let_sign_in, make_offices, make_staff
from .plan import PLAN_CODE, add_examples, copy_framework, make_plan, real_plan
from .portfolio import Portfolio, make_atlas
from .quarters import Quarters, enter_notes
from .standings import Targets, standings

PROJECTS = 120


@dataclass(frozen=True)
class Loaded:
    """What a load did; `new` is false where the demonstration was there already."""

    new: bool
    projects: int = 0
    lines: int = 0
    results: int = 0
    accounts: int = 0


@transaction.atomic
def load_demonstration(
    *, projects: int = PROJECTS, accounts: bool = False, today: date | None = None
) -> Loaded:
    """Make the demonstration where there is none; one that is there stays as it is.

    With `accounts` its people get a password that everybody knows, see `people`, and rates of
    exchange to try other currencies with: all plans share them, so nowhere else. Raises
    `load_plan_first` and `known_password_refused`.
    """
    if accounts:
        check_sign_in_allowed()
    if StrategicPlan.objects.filter(code=PLAN_CODE).exists():
        return Loaded(new=False, accounts=let_sign_in() if accounts else 0)
    day = today or timezone.localdate()
    real = real_plan()
    staff = make_staff(make_offices())
    plan = make_plan(real=real, today=day, by=staff.manager)
    copy_framework(real=real, plan=plan, by=staff.manager)
    add_examples(plan=plan, by=staff.manager)
    record_countries(plan=plan, year=day.year, by=staff.manager)

    atlas = make_atlas(plan, staff)
    portfolio = Portfolio(plan, atlas, staff)
    portfolio.make(projects)
    if accounts:
        keep_rates(staff, plan.periods.earliest("number").start, day)
    keep_money(plan, staff, portfolio.projects, day)
    keep_partners(plan, staff, atlas, portfolio.projects, day)
    indicators = list(Indicator.objects.filter(plan=plan).order_by("position", "code"))
    dealt = standings(indicators)
    Quarters(plan, atlas, staff, indicators, dealt).enter()
    profile_cities(plan, staff)
    apply_products(plan, staff, portfolio.projects)
    say_what_they_are_about(plan, staff, portfolio.projects)
    register_labs(plan, staff, atlas, portfolio.projects)
    enter_notes(plan, staff, portfolio.projects)
    Lives(plan, atlas, staff).make(portfolio.projects)

    _renew_statistics()
    drain(plan_id=plan.pk)
    countries = {iso3: country.m49 for iso3, country in atlas.countries.items()}
    Targets(plan, staff).set_all(indicators, dealt, staff.offices, countries)
    return Loaded(
        new=True,
        projects=len(portfolio.projects),
        lines=ProjectIndicator.objects.filter(project__plan=plan).count(),
        results=Result.objects.of_plan(plan).count(),
        accounts=let_sign_in() if accounts else 0,
    )


def _renew_statistics() -> None:
    """Let PostgreSQL know how much came in at once; its own look comes too late for the drain."""
    if connection.vendor == "postgresql":
        filled = (Contributor, ContributorRevision, Measurement, PostedThing, Thing)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in filled)}")
