"""What money is for: by outcome, region, flagship, donor and year; counted once, to the cent."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from habitat_tracker.clock import database_now
from outcomes.models import Outcome
from plans.models import StrategicPlan
from projects.actions import (
    BudgetRow,
    Description,
    TransactionInput,
    describe_project,
    read_budget,
    record_transaction,
    set_alignment,
    set_budget,
    set_shares,
    withdraw_transaction,
)
from projects.models import Project, Transaction
from projects.money import Money, MoneyRow, MoneySummary, covid_money, money_summary, split
from tests import factories

pytestmark = pytest.mark.django_db

THIRDS = (Decimal("33.333333"), Decimal("33.333333"), Decimal("33.333334"))


@pytest.fixture
def plan() -> StrategicPlan:
    made = factories.plan("SP")
    for code in ("1.1", "1.2", "3.1"):
        factories.outcome(made, code)
    return made


def outcome(plan: StrategicPlan, code: str) -> Outcome:
    return Outcome.objects.get(plan=plan, code=code)


def budget(project: Project, *lines: tuple[str, str, str, str]) -> None:
    """Lines of year, donor, earmarked and amount."""
    rows = [BudgetRow(year, donor, marked, "USD", usd) for year, donor, marked, usd in lines]
    read, problems = read_budget(
        rows, years=range(2020, 2024), first=date(2020, 1, 1), today=date(2021, 3, 9)
    )
    assert not problems
    set_budget(project=project, lines=read, by=None)


def move(
    project: Project, kind: str, usd: str, day: str = "2021-03-31", **more: str
) -> Transaction:
    marked = "yes" if kind == "income" else ""
    entered = TransactionInput(kind=kind, date=day, amount=usd, **({"earmarked": marked} | more))
    return record_transaction(project=project, entered=entered, by=None).transaction


def share(project: Project, shares: dict[str, str | Decimal]) -> None:
    wanted = {outcome(project.plan, code): Decimal(usd) for code, usd in shares.items()}
    set_shares(project=project, shares=wanted, by=None)


def approved(rows: Iterable[MoneyRow]) -> dict[str, Decimal | None]:
    """Approved budgets by the code (or name, or year) of what they belong to."""
    return {str(getattr(row.of, "code", row.of)): row.money.approved for row in rows}


def whole(rows: Iterable[MoneyRow]) -> Money:
    parts: dict[tuple[str, bool | None], Decimal] = {}
    for row in rows:
        for part, usd in row.money.parts.items():
            parts[part] = parts.get(part, Decimal(0)) + usd
    return Money(parts)


def check_every_cut(found: MoneySummary) -> None:
    """Whatever the money is cut by, the parts come to exactly the total."""
    by_outcome = [*found.outcomes, found.not_attributed]
    for cut in (by_outcome, [*found.domains, found.not_attributed], found.regions):
        assert whole(cut) == found.total
    for cut in (found.flagships, found.donors, found.years):
        assert whole(cut) == found.total


def test_an_amount_is_split_to_the_cent_and_nothing_is_lost() -> None:
    shares = tuple(enumerate(THIRDS))
    assert split(Decimal(100), shares) == [
        (0, Decimal("33.33")),
        (1, Decimal("33.33")),
        (2, Decimal("33.34")),
    ]
    quarters = tuple((at, Decimal(25)) for at in range(4))
    assert [usd for _at, usd in split(Decimal("0.02"), quarters)] == [0, 0, 0, Decimal("0.02")]


def test_money_goes_to_outcomes_by_share_else_to_the_primary_one_else_stands_apart(plan) -> None:
    shared = factories.project(plan, "P1", serves=outcome(plan, "1.1"))
    share(shared, {"1.1": "60", "3.1": "40"})
    primary = factories.project(plan, "P2", serves=outcome(plan, "1.2"))
    nowhere = factories.project(plan, "P3", serves=outcome(plan, "1.2"), rank="secondary")
    for project in (shared, primary, nowhere):
        budget(project, ("2021", "Norway", "yes", "100"))
    found = money_summary(plan)
    assert approved(found.outcomes) == {"1.1": 60, "1.2": 100, "3.1": 40}
    assert approved(found.domains) == {"1": 160, "3": 40}
    assert found.not_attributed.money.approved == 100
    assert (found.total.approved, found.projects) == (300, 3)
    assert found.not_attributed.approved_share == Fraction(100, 3)
    check_every_cut(found)


def test_thirds_of_many_projects_are_split_together(plan) -> None:
    codes = ("1.1", "1.2", "3.1")
    for number in range(3):
        project = factories.project(plan, f"P{number}")
        share(project, dict(zip(codes, THIRDS, strict=True)))
        budget(project, ("2021", "", "no", "0.10"))
    found = money_summary(plan)
    # Each alone would give 0.03, 0.03 and 0.04.
    assert approved(found.outcomes) == dict.fromkeys(codes, Decimal("0.10")) | {
        "1.1": Decimal("0.09"),
        "1.2": Decimal("0.09"),
        "3.1": Decimal("0.12"),
    }
    check_every_cut(found)


@pytest.mark.parametrize("seed", range(5))
def test_every_cut_comes_to_the_total_whatever_the_shares(plan, seed) -> None:
    draw = random.Random(seed)
    flagship = factories.theme(plan, "flagship", "FP-1")
    offices = [factories.headquarters(), factories.office("ROAF"), factories.office("ROAP")]
    offices.append(factories.office("KEN-O", parent=offices[1]))
    outcomes = list(Outcome.objects.filter(plan=plan))
    for number in range(12):
        project = factories.project(plan, f"P{number}", at=draw.choice(offices))
        if draw.random() < 0.4:
            describe_project(project=project, said=Description(flagship="FP-1"), by=None)
        if draw.random() < 0.7:
            set_alignment(project=project, outcome=draw.choice(outcomes), rank="primary", by=None)
        if draw.random() < 0.6:
            first = Decimal(draw.randrange(1, 50_000_000)).scaleb(-6)
            second = Decimal(draw.randrange(1, 50_000_000)).scaleb(-6)
            parts = [first, second, 100 - first - second]
            share(project, {one.code: part for one, part in zip(outcomes, parts, strict=True)})
        cents = [f"{draw.randrange(1, 10**7) / 100:.2f}" for _one in range(4)]
        budget(project, ("2020", "Norway", "yes", cents[0]), ("2021", "", "no", cents[1]))
        move(project, "income", cents[2], donor=draw.choice(["Norway", "norway", ""]))
        move(project, "expenditure", cents[3], draw.choice(["2020-02-01", "2022-02-01"]))
    for asked in (
        money_summary(plan),
        money_summary(plan, year=2021),
        money_summary(plan, office=offices[1]),
        money_summary(plan, flagship=flagship),
    ):
        check_every_cut(asked)
        assert asked.total.parts


def test_years_donors_regions_and_flagships(plan) -> None:
    flagship = factories.theme(plan, "flagship", "FP-1")
    factories.theme(plan, "flagship", "FP-2")
    africa = factories.office("ROAF")
    kenya = factories.office("KEN-O", parent=africa)
    one = factories.project(plan, "P1", at=kenya)
    two = factories.project(plan, "P2", at=factories.headquarters())
    describe_project(project=one, said=Description(flagship="FP-1"), by=None)
    budget(one, ("2020", "Norway", "yes", "30"), ("2021", "Norway", "yes", "70"))
    budget(two, ("2021", "", "no", "50"))
    move(one, "income", "25", donor="norway")
    move(two, "expenditure", "10", "2022-01-01")
    found = money_summary(plan)
    assert approved(found.years) == {"2020": 30, "2021": 120, "2022": None}
    assert approved(found.regions) == {"HQ": 50, "ROAF": 100}
    assert approved(found.flagships) == {"FP-1": 100, "FP-2": None, "None": 50}
    assert [(row.of, row.money.approved) for row in found.donors] == [("Norway", 100), (None, 50)]
    assert found.donors[0].money.received == 25
    assert approved(money_summary(plan, office=africa).regions) == {"KEN-O": 100}
    assert money_summary(plan, flagship=flagship).total.approved == 100
    assert money_summary(plan, year=2021).total.approved == 120


def test_earmarked_and_not_stand_apart(plan) -> None:
    project = factories.project(plan, "P1")
    budget(project, ("2021", "Norway", "yes", "30"), ("2021", "", "no", "20"))
    move(project, "income", "25")
    move(project, "income", "5", earmarked="no")
    move(project, "expenditure", "8")
    total = money_summary(plan).total
    assert (total.approved_earmarked, total.sum("approved", earmarked=False)) == (30, 20)
    assert (total.received_earmarked, total.received_free, total.received) == (25, 5, 30)
    assert (total.spent_earmarked, total.spent) == (None, 8)
    assert (total.remaining, total.spent_share) == (42, 16)


def test_what_is_missing_is_no_zero(plan) -> None:
    project = factories.project(plan, "P1", serves=outcome(plan, "1.1"))
    move(project, "expenditure", "8")
    total = money_summary(plan).total
    assert (total.approved, total.received, total.remaining, total.spent_share) == (None,) * 4
    assert money_summary(plan, year=2020).total == Money()


def test_as_of_a_moment_it_rests_on_what_counted_then(plan) -> None:
    project = factories.project(plan, "P1", serves=outcome(plan, "1.1"))
    budget(project, ("2021", "", "no", "100"))
    held = move(project, "expenditure", "8")
    then = database_now()
    budget(project, ("2021", "", "no", "200"))
    share(project, {"1.2": "100"})
    withdraw_transaction(transaction=held, reason="Booked twice", by=None)
    before, now = money_summary(plan, moment=then), money_summary(plan)
    assert (before.total.approved, before.total.spent) == (100, 8)
    assert (now.total.approved, now.total.spent) == (200, None)
    assert approved(before.outcomes)["1.1"] == 100
    assert approved(now.outcomes)["1.2"] == 200


def test_another_plan_s_money_is_left_out(plan) -> None:
    other = factories.project(factories.plan("SP2"), "P1")
    budget(other, ("2021", "", "no", "100"))
    assert money_summary(plan).total == Money()


def test_the_share_for_covid_19_becomes_amounts_by_domain_that_come_to_the_total(plan) -> None:
    assert covid_money(plan) == []
    said = {
        "P1": ("partly", "20"),
        "P2": ("not_part", None),
        "P3": ("wholly", None),
        "P4": ("", None),
    }
    serves = {"P1": "1.1", "P2": "1.1", "P3": "3.1", "P4": "3.1"}
    for code, (covid, part) in said.items():
        project = factories.project(plan, code, serves=outcome(plan, serves[code]))
        budget(project, ("2021", "Norway", "yes", "100.05"))
        about = Description(covid=covid, covid_share=part)
        describe_project(project=project, said=about, by=None)
    share(Project.objects.get(code="P3"), {"1.1": "50", "3.1": "50"})
    rows = covid_money(plan)
    told = {row.of.code if row.of else row.is_total: row for row in rows}
    first, third, total = told["1"], told["3"], told[True]
    assert (first.responds, third.responds) == (Decimal("70.03"), Decimal("50.03"))
    assert (total.approved, total.responds) == (Decimal("400.20"), Decimal("120.06"))
    assert (first.not_examined, third.not_examined) == (None, Decimal("100.05"))
    assert sum(row.approved or 0 for row in rows[:-1]) == total.approved


def test_a_domain_that_nobody_examined_has_no_amount_and_not_0(plan) -> None:
    project = factories.project(plan, "P1", serves=outcome(plan, "1.1"))
    budget(project, ("2021", "Norway", "yes", "100"))
    assert {row.responds for row in covid_money(plan)} == {None}
    describe_project(project=project, said=Description(covid="not_part"), by=None)
    assert covid_money(plan)[-1].responds == 0


def test_thirty_projects_take_as_many_queries_as_three(plan) -> None:
    asked = []
    for first, last in ((0, 3), (3, 30)):
        for number in range(first, last):
            project = factories.project(plan, f"P{number}", serves=outcome(plan, "1.1"))
            share(project, {"1.1": str(number + 1), "3.1": str(99 - number)})
            budget(project, ("2021", f"Donor {number}", "yes", "100"))
            move(project, "expenditure", "8", donor=f"Donor {number}")
        with CaptureQueriesContext(connection) as captured:
            money_summary(plan)
        asked.append(len(captured))
    assert asked[0] == asked[1] == 11
