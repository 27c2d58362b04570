"""The money of the demonstration: invented budgets, income and expenditure, and what is put off."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

from django.utils import timezone

from outcomes.models import Outcome
from plans.choices import ThemeKind
from plans.models import PlanRevision, StrategicPlan, Theme
from projects.actions import (
    TRANSACTION_COLUMNS,
    BudgetRow,
    CoreBudgetInput,
    ForecastInput,
    defer_outcome,
    expect_income,
    load_exchange_rates,
    load_transactions,
    read_budget,
    set_budget,
    set_core_budget,
    set_shares,
)
from projects.actions.exchange import COLUMNS as RATE_COLUMNS
from projects.choices import Likelihood
from projects.models import ExchangeRate, Project

from .people import Staff
from .portfolio import SEED
from .words import SOURCE

DONORS = ("Donor A (invented)", "Donor B (invented)", "Donor C (invented)", "")
# Units for one US dollar, from which every month differs a little.
RATES = {"EUR": Decimal("0.9"), "JPY": Decimal(140), "KES": Decimal(125)}
# Of every seven projects one spends more than is approved, and one has no budget yet.
ONE_IN = 7


def keep_money(plan: StrategicPlan, staff: Staff, projects: Sequence[Project], today: date) -> None:
    """Budgets, shares, income and expenditure of projects; core budget, deferrals, forecast."""
    revision = PlanRevision.objects.at().get(plan=plan)
    last = min(revision.end, today, timezone.localdate())
    years = range(revision.start.year, last.year + 1)
    lines = [",".join(TRANSACTION_COLUMNS)]
    for number, project in enumerate(projects):
        draw = random.Random(f"{SEED} money {project.code}")
        donor, yearly = draw.choice(DONORS), draw.randrange(50, 900) * 1_000
        marked = "yes" if donor else "no"
        if number % ONE_IN:
            rows = [BudgetRow(str(year), donor, marked, "USD", str(yearly)) for year in years]
            read, _problems = read_budget(rows, years=years, first=date(2000, 1, 1), today=today)
            set_budget(project=project, lines=read, by=staff.manager)
        _share(project, draw, staff)
        for year in years:
            first = max(date(year, 1, 1), revision.start)
            days = (min(date(year, 12, 31), last) - first).days
            if days < 0:
                continue
            spent = 120 if number % ONE_IN == 1 else draw.randrange(30, 95)
            for kind, percent in (("income", draw.randrange(40, 100)), ("expenditure", spent)):
                day = first + timedelta(days=draw.randrange(0, days + 1))
                lines.append(
                    f"{project.code}-{year}-{kind},{project.code},{kind},{day},USD,"
                    f"{yearly * percent // 100},{donor},{marked},{SOURCE}"
                )
    if len(lines) > 1:  # else the plan is yet to begin
        file = BytesIO("\n".join(lines).encode())
        load_transactions(plan=plan, file=file, name="money.csv", by=staff.manager)
    _organization(plan, staff, revision.start.year)
    _forecast(plan, staff, range(min(today.year, revision.end.year), revision.end.year + 1))


def keep_rates(staff: Staff, first: date, today: date) -> None:
    """Invented rates of a few currencies, where none is loaded, so that they can be tried."""
    lines = [",".join(RATE_COLUMNS)]
    month = first.replace(day=1)
    held = set(ExchangeRate.objects.values_list("currency", "month"))
    while month <= today:
        drift = 100 + (month.year * 12 + month.month) * 7 % 11
        for currency, rate in RATES.items():
            if (currency, month) not in held:
                lines.append(f"{month.year},{month.month},{currency},{rate * drift / 100}")
        month = (month + timedelta(days=31)).replace(day=1)
    if len(lines) > 1:
        file = BytesIO("\n".join(lines).encode())
        load_exchange_rates(file=file, name="rates.csv", by=staff.manager, reason=SOURCE)


def _share(project: Project, draw: random.Random, staff: Staff) -> None:
    """Every second project with two outcomes shares its money between them."""
    served = [one.outcome for one in project.alignments.select_related("outcome")[:2]]
    if len(served) == 2 and draw.random() < 0.5:
        shares = dict(zip(served, (Decimal(70), Decimal(30)), strict=True))
        set_shares(project=project, shares=shares, by=staff.manager)


def _organization(plan: StrategicPlan, staff: Staff, first: int) -> None:
    """The core budget of two years, one at risk, and two outcomes that are put off."""
    for year, received in ((first, "6000000"), (first + 1, "9500000")):
        entered = CoreBudgetInput(year, "15000000", received, "50", SOURCE)
        set_core_budget(plan=plan, entered=entered, by=staff.manager)
    for outcome in Outcome.objects.filter(plan=plan).order_by("-position", "-code")[:2]:
        defer_outcome(
            outcome=outcome,
            planned=date(first + 1, 1, 1),
            until=date(first + 3, 1, 1),
            reason=f"{SOURCE}: core funds were short.",
            by=staff.manager,
        )


def _forecast(plan: StrategicPlan, staff: Staff, years: Sequence[int]) -> None:
    """What donors are expected to give in the years that are left, the later the less surely."""
    prongs = Theme.objects.filter(plan=plan, kind=ThemeKind.PRONG).order_by("position", "code")
    codes = [one.code for one in prongs] or [""]
    for after, year in enumerate(years):
        for number, likelihood in enumerate(list(Likelihood)[min(after, 2) :]):
            donor = DONORS[number]
            entered = ForecastInput(
                year=year,
                amount=str((3 - number) * 4_000_000),
                likelihood=likelihood.value,
                earmarked="yes" if number else "no",
                donor=donor,
                prong=codes[(after + number) % len(codes)],
                note=SOURCE,
            )
            expect_income(plan=plan, entered=entered, by=staff.manager)
