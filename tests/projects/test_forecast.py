"""Expected income by year, and the prongs of the strategy that bring income in."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from plans.models import StrategicPlan, Theme
from projects.actions import (
    ForecastInput,
    TransactionInput,
    expect_income,
    record_transaction,
    withdraw_expected_income,
)
from projects.models import ExchangeRate, ExpectedIncome
from projects.money import forecast_years, money_summary
from tests import factories
from tests.api_client import Api

pytestmark = pytest.mark.django_db

PAGE = "/plans/SP/money/forecast/"


@pytest.fixture
def plan() -> StrategicPlan:
    plan = factories.plan("SP")
    for number in (1, 2):
        factories.theme(plan, "prong", f"PRONG-{number}", f"Prong {number}")
    return plan


@pytest.fixture
def chief(plan: StrategicPlan) -> User:
    return factories.user("Chief", Role.MANAGER, None)


@pytest.fixture
def manager(plan: StrategicPlan) -> User:
    return factories.user("Mona", Role.MANAGER, factories.office("ROAF"))


def expected(plan: StrategicPlan, by: User | None = None, **content: Any) -> ExpectedIncome:
    usual = {"year": 2021, "amount": "1000", "likelihood": "pledged", "earmarked": "yes"}
    return expect_income(plan=plan, entered=ForecastInput(**(usual | content)), by=by)


def refused(plan: StrategicPlan, **content: Any) -> set[str]:
    with pytest.raises(InvalidInput) as caught:
        expected(plan, **content)
    return {one.code for one in caught.value.problems}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_an_amount_keeps_the_rate_of_the_month_in_which_it_was_recorded(plan, chief) -> None:
    month = timezone.localdate().replace(day=1)
    ExchangeRate.objects.create(currency="EUR", month=month, rate=Decimal("0.5"))
    row = expected(plan, chief, currency="eur", donor=" Nordic   Fund ", prong="PRONG-1")
    assert (row.usd, row.rate, row.rate_month) == (2000, Decimal("0.5"), month)
    assert (row.donor, row.prong.code, row.posted_by) == ("Nordic Fund", "PRONG-1", chief)
    act = ActivityEntry.objects.get(verb="expected income")
    assert act.changes == {"expected_income.2021 Nordic Fund": [None, "1000 EUR"]}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"year": 2019}, "year_outside_plan"),
        ({"amount": "0"}, "zero_amount"),
        ({"amount": "-1"}, "negative_amount"),
        ({"amount": "much"}, "not_a_number"),
        ({"likelihood": "sure"}, "unknown_likelihood"),
        ({"earmarked": ""}, "unknown_answer"),
        ({"prong": "PRONG-9"}, "unknown_prong"),
        ({"donor": "x" * 201}, "too_long"),
        ({"currency": "XYZ"}, "unknown_currency"),
        ({"currency": "KES"}, "no_exchange_rate"),
    ],
)
def test_what_is_wrong_is_refused(plan, content, code) -> None:
    assert refused(plan, **content) == {code}
    assert not ExpectedIncome.objects.exists()


def test_everything_wrong_is_told_at_once(plan) -> None:
    told = refused(plan, year=1999, amount="0", likelihood="", earmarked="maybe")
    assert told == {"year_outside_plan", "zero_amount", "unknown_likelihood", "unknown_answer"}


def test_only_managers_of_headquarters_record_and_withdraw(plan, chief, manager) -> None:
    with pytest.raises(NotAllowed):
        expected(plan, manager)
    row = expected(plan, chief)
    with pytest.raises(NotAllowed):
        withdraw_expected_income(expected=row, reason="Came in", by=manager)


def test_it_is_withdrawn_with_a_reason_and_kept(plan, chief) -> None:
    row = expected(plan, chief)
    with pytest.raises(InvalidInput) as caught:
        withdraw_expected_income(expected=row, reason=" ", by=chief)
    assert caught.value.code == "missing_reason"
    withdraw_expected_income(expected=row, reason="Came in", by=chief)
    assert not ExpectedIncome.objects.at().exists()
    held = ExpectedIncome.objects.get()
    assert (held.reason, held.withdrawn_by, held.amount) == ("Came in", chief, 1000)
    with pytest.raises(DomainError) as again:
        withdraw_expected_income(expected=row, reason="Again", by=chief)
    assert again.value.code == "already_withdrawn"


def income(plan: StrategicPlan, usd: str, prong: str = "", kind: str = "income") -> None:
    project = plan.projects.first() or factories.project(plan, "P1", factories.office("ROAF"))
    entered = TransactionInput(kind, "2021-03-31", usd, earmarked="no", prong=prong)
    record_transaction(project=project, entered=entered, by=None)


def test_totals_by_year_stand_beside_what_was_received(plan) -> None:
    assert forecast_years(plan) == []
    expected(plan, likelihood="signed", amount="100")
    expected(plan, likelihood="probable", amount="50")
    expected(plan, year=2022, amount="7")
    income(plan, "30")
    withdraw_expected_income(expected=expected(plan, amount="9"), reason="Lost", by=None)
    of_2021, of_2022, together = forecast_years(plan)
    assert (of_2021.year, of_2021.approved, of_2021.received) == (2021, None, 30)
    assert of_2021.expected == {"signed": 100, "probable": 50}
    assert (of_2022.received, of_2022.expected_total) == (None, 7)
    assert (together.year, together.received, together.expected_total) == (0, 30, 157)


def test_income_is_cut_by_prong_and_expenditure_has_none(plan) -> None:
    income(plan, "30", "PRONG-2")
    income(plan, "12")
    cut = {row.of and row.of.code: row.money.received for row in money_summary(plan).prongs}
    assert cut == {"PRONG-1": None, "PRONG-2": 30, None: 12}
    with pytest.raises(InvalidInput) as caught:
        income(plan, "5", "PRONG-1", "expenditure")
    assert caught.value.code == "prong_of_expenditure"
    with pytest.raises(InvalidInput) as caught:
        income(plan, "5", "DRV-LEG")
    assert caught.value.code == "unknown_prong"
    page = signed_in(factories.user()).get("/plans/SP/money/").content.decode()
    assert "By prong of the resource mobilization strategy" in page


def test_a_plan_without_prongs_has_no_cut_by_them() -> None:
    plan = factories.plan("DEMO")
    income(plan, "5")
    assert money_summary(plan).prongs == []


def test_it_is_recorded_and_withdrawn_on_the_page(plan, chief, manager) -> None:
    assert "No expected income is recorded" in signed_in(manager).get(PAGE).content.decode()
    client = signed_in(chief)
    said = {"year": 2021, "amount": "1000", "currency": "USD", "likelihood": "signed"}
    said["earmarked"] = "no"
    assert client.post(PAGE, said | {"likelihood": ""}).status_code == 400
    answer = client.post(PAGE, said | {"prong": "PRONG-1"})
    assert answer.status_code == 302, answer.context["form"].errors
    row = ExpectedIncome.objects.get()
    page = client.get(PAGE).content.decode()
    assert "Signed agreement" in page and "Prong 1" in page
    assert signed_in(manager).post(PAGE, said).status_code == 403
    assert client.post(f"{PAGE}{row.pk}/", {"reason": ""}).status_code == 400
    assert client.post(f"{PAGE}{row.pk}/", {"reason": "Came in"}).status_code == 302
    assert client.post(f"{PAGE}{row.pk}/", {"reason": "Again"}).status_code == 409
    assert "Came in" in client.get(f"{PAGE}{row.pk}/").content.decode()


def test_the_api_says_the_same(plan, chief) -> None:
    api = Api(chief)
    said = {"year": 2021, "amount": "1000.50", "likelihood": "signed", "earmarked": True}
    made = api.post("plans/SP/expected-income/", said | {"prong": "PRONG-2", "donor": "Norway"})
    assert made.status_code == 201, made.json()
    body = made.json()
    assert (body["usd"], body["prong"], body["earmarked"]) == ("1000.5", "PRONG-2", True)
    assert len(api.rows("plans/SP/expected-income/", prong="PRONG-2", likelihood="signed")) == 1
    assert api.rows("plans/SP/expected-income/", prong="PRONG-1") == []
    year, _whole = api.get("plans/SP/expected-income/years/").json()
    assert (year["approved"], year["expected_total"]) == (None, "1000.5")
    assert year["expected"][1] == {"likelihood": "pledged", "usd": None}
    gone = api.post(f"plans/SP/expected-income/{body['id']}/withdraw/", {"reason": "Came in"})
    assert gone.json()["reason"] == "Came in"
    assert api.rows("plans/SP/expected-income/") == []
    assert len(api.rows("plans/SP/expected-income/", state="withdrawn")) == 1


def test_the_file_holds_the_rows_and_the_totals_by_year(plan, chief) -> None:
    expected(plan, donor="=Norway")
    expected(plan, year=2022)
    answer = signed_in(chief).get(f"{PAGE[:-1]}.csv", {"year": 2021})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    own, years = text.split("By year")
    assert "2021,'=Norway,yes,USD,1000.00" in own and "2022," not in own
    rows = list(csv.reader(io.StringIO(years)))
    assert ["All years", "", "", "", "2000.00", "", "2000.00"] in rows
    assert signed_in(chief).get(f"{PAGE[:-1]}.xlsx").status_code == 200


def test_the_page_takes_as_many_queries_for_many_as_for_one(plan, chief) -> None:
    client = signed_in(chief)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    expected(plan, prong="PRONG-1")
    queries()
    few = queries()
    for _number in range(9):
        expected(plan, prong="PRONG-2", by=chief)
    assert queries() == few


def test_the_shipped_plan_has_five_prongs_that_the_review_does_not_name() -> None:
    call_command("load_plan", stdout=StringIO())
    prongs = Theme.objects.filter(plan__code="SP-2020-2023", kind="prong").order_by("position")
    assert [one.code for one in prongs] == [f"PRONG-{number}" for number in range(1, 6)]
    assert {one.verification for one in prongs} == {"seed"}
    assert all("names none" in one.note for one in prongs)
