"""Budgets of projects: lines by year and donor, in dollars at the month's rate; shares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest

from habitat_tracker.accounts.activity_words import field_in_words
from habitat_tracker.accounts.models import ActivityEntry
from habitat_tracker.errors import InvalidInput
from outcomes.models import Outcome
from projects.actions import BudgetRow, read_budget, read_budget_file, set_budget, set_shares
from projects.models import BudgetLine, ExchangeRate, OutcomeShare, Project
from tests import factories

pytestmark = pytest.mark.django_db
YEARS = range(2020, 2023)
FIRST, TODAY = date(2020, 1, 1), date(2021, 3, 9)
EUROS = BudgetRow("2021", "Norway", "yes", "eur", "91", "2020-04")


@pytest.fixture
def project() -> Project:
    ExchangeRate.objects.create(currency="EUR", month=date(2020, 4, 1), rate=Decimal("0.91"))
    return factories.project(factories.plan("SP"), "P1")


def read(*rows: BudgetRow) -> list[BudgetLine]:
    lines, problems = read_budget(rows, years=YEARS, first=FIRST, today=TODAY)
    assert problems == []
    return lines


def wrong(*rows: BudgetRow) -> list[tuple[str, str, int]]:
    _lines, problems = read_budget(rows, years=YEARS, first=FIRST, today=TODAY)
    return [(one.field, one.code, one.row) for one in problems]


def held(project: Project) -> list[tuple[int, str, bool, Decimal]]:
    rows = BudgetLine.objects.at().filter(project=project)
    return list(rows.values_list("year", "donor", "earmarked", "usd"))


def test_an_amount_is_kept_in_its_currency_and_in_dollars_with_the_rate(project) -> None:
    set_budget(project=project, lines=read(EUROS), by=None)
    line = BudgetLine.objects.get()
    assert (line.currency, line.amount, line.usd) == ("EUR", Decimal(91), Decimal(100))
    assert (line.rate, line.rate_month) == (Decimal("0.91"), date(2020, 4, 1))


def test_a_rate_that_is_replaced_later_changes_no_budget(project) -> None:
    set_budget(project=project, lines=read(EUROS), by=None)
    ExchangeRate.objects.update(rate=Decimal(2))
    assert held(project) == [(2021, "Norway", True, Decimal(100))]


def test_everything_wrong_with_a_budget_is_told_line_by_line(project) -> None:
    assert wrong(
        BudgetRow("21", "", "no", "USD", "5"),
        BudgetRow("2023", "", "no", "USD", "5"),
        BudgetRow("2020", "d" * 201, "perhaps", "USD", "-5", "soon"),
        BudgetRow("2020", "", "no", "KES", "5"),
        BudgetRow("2020", "", "no", "XQX", "5"),
        BudgetRow("2020", "", "no", "USD", "many"),
        BudgetRow("2020", "Norway", "", "", "5"),
        BudgetRow("2020", " norway ", "no", "USD", "6"),
    ) == [
        ("year", "invalid_year", 1),
        ("year", "year_outside_project", 2),
        ("donor", "too_long", 3),
        ("earmarked", "unknown_answer", 3),
        ("amount", "negative_amount", 3),
        ("month", "invalid_month", 3),
        ("currency", "no_exchange_rate", 4),
        ("currency", "unknown_currency", 5),
        ("amount", "not_a_number", 6),
        ("donor", "duplicate_row", 8),
    ]


def test_a_new_budget_takes_the_place_of_the_old_and_what_stays_keeps_its_row(project) -> None:
    dollars = BudgetRow("2020", "", "no", "USD", "1000")
    set_budget(project=project, lines=read(EUROS, dollars), by=None)
    kept = BudgetLine.objects.get(currency="USD")
    before = kept.recorded_at
    set_budget(project=project, lines=read(dollars), by=None, reason="Norway withdrew")
    assert held(project) == [(2020, "", False, Decimal(1000))]
    assert BudgetLine.objects.at().get() == kept
    as_it_was = BudgetLine.objects.at(before).values_list("currency", flat=True)
    assert sorted(as_it_was) == ["EUR", "USD"]
    act = ActivityEntry.objects.filter(verb="set budget").first()
    assert act and act.changes == {"budget.2021 Norway EUR.earmarked": ["91", None]}
    assert (
        field_in_words("budget.2021 Norway EUR.earmarked") == "Budget (2021 Norway EUR, earmarked)"
    )


def test_money_of_one_donor_is_told_apart_by_what_it_is_given_for(project) -> None:
    """What is added without a purpose does not replace what has one."""
    earmarked = BudgetRow("2020", "Norway", "yes", "USD", "900000")
    free = BudgetRow("2020", "Norway", "no", "USD", "100000")
    set_budget(project=project, lines=read(earmarked), by=None)
    set_budget(project=project, lines=read(earmarked, free), by=None)
    act = ActivityEntry.objects.filter(verb="set budget").first()
    assert act and act.changes == {"budget.2020 Norway USD.not_earmarked": [None, "100000"]}


def test_a_file_of_lines_is_read(project) -> None:
    text = b"year,donor,earmarked,currency,amount,month\n2021,Norway,yes,eur,91,2020-04\n"
    assert read_budget_file(BytesIO(text), "budget.csv") == [EUROS]


def shares(project: Project) -> dict[str, Decimal]:
    rows = OutcomeShare.objects.at().filter(project=project)
    return dict(rows.values_list("outcome__code", "share"))


def outcomes(project: Project) -> tuple[Outcome, Outcome]:
    return factories.outcome(project.plan, "1.1"), factories.outcome(project.plan, "3.1")


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ((60, 30), ["shares_not_100"]),
        ((120, -20), ["share_out_of_range", "share_out_of_range"]),
        ((100, 0), ["share_out_of_range"]),
    ],
)
def test_shares_add_up_to_a_hundred(project, given, codes) -> None:
    wanted = dict(zip(outcomes(project), map(Decimal, given), strict=True))
    with pytest.raises(InvalidInput) as refusal:
        set_shares(project=project, shares=wanted, by=None)
    assert [one.code for one in refusal.value.problems] == codes
    assert shares(project) == {}


def test_shares_change_from_now_on(project) -> None:
    first, second = outcomes(project)
    set_shares(project=project, shares={first: Decimal(60), second: Decimal(40)}, by=None)
    then = OutcomeShare.objects.filter(outcome=first).get().recorded_at
    set_shares(project=project, shares={first: Decimal(100)}, by=None)
    assert shares(project) == {"1.1": Decimal(100)}
    assert OutcomeShare.objects.at(then).get(outcome=second).share == Decimal(40)
