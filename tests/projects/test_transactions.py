"""Income and expenditure: recorded in dollars at the month's rate, withdrawn, never edited."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from projects.actions import (
    BudgetRow,
    Recorded,
    TransactionInput,
    read_budget,
    record_transaction,
    set_budget,
    withdraw_transaction,
)
from projects.models import ExchangeRate, Project, Transaction
from projects.money import total_of, years_of
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db

YEARS = range(2020, 2024)
PAGE = "/plans/SP/projects/P1/money/"


@pytest.fixture
def project() -> Project:
    ExchangeRate.objects.create(currency="EUR", month=date(2021, 3, 1), rate=Decimal("0.91"))
    return factories.project(factories.plan("SP"), "P1")


@pytest.fixture
def manager(project) -> User:
    return factories.user("Manager", Role.MANAGER, project.office)


def typed(**content: Any) -> TransactionInput:
    usual = {"kind": "expenditure", "date": "2021-03-31", "amount": "100", "currency": "USD"}
    return TransactionInput(**(usual | content))


def income(**content: Any) -> TransactionInput:
    return typed(**({"kind": "income", "earmarked": "yes"} | content))


def record(project: Project, by: User | None = None, **content: Any) -> Recorded:
    return record_transaction(project=project, entered=typed(**content), by=by)


def wrong(project: Project, entered: TransactionInput) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refusal:
        record_transaction(project=project, entered=entered, by=None)
    return [(one.field, one.code) for one in refusal.value.problems]


def budget(project: Project, *lines: tuple[str, str]) -> None:
    rows = [BudgetRow(year, "Norway", "yes", "USD", amount) for year, amount in lines]
    read, problems = read_budget(rows, years=YEARS, first=date(2020, 1, 1), today=date(2021, 3, 9))
    assert not problems
    set_budget(project=project, lines=read, by=None)


def told(recorded: Recorded) -> list[tuple[str, int | None, Decimal | None, Decimal]]:
    return [(one.code, one.year, one.approved, one.spent) for one in recorded.warnings]


# --- Recording -------------------------------------------------------------------------------


def test_an_amount_keeps_its_currency_and_the_rate_of_its_month(project, manager) -> None:
    entered = income(amount="91", currency="eur", donor="  Norway  ", external_id=" 17 ")
    held = record_transaction(project=project, entered=entered, by=manager).transaction
    held.refresh_from_db()
    assert (held.currency, held.amount, held.usd) == ("EUR", Decimal(91), Decimal(100))
    assert (held.rate, held.rate_month) == (Decimal("0.91"), date(2021, 3, 1))
    assert (held.donor, held.external_id, held.earmarked) == ("Norway", "17", True)
    assert (held.plan, held.posted_by) == (project.plan, manager)
    ExchangeRate.objects.update(rate=Decimal(2))
    held.refresh_from_db()
    assert held.usd == Decimal(100)


def test_everything_wrong_is_told_at_once(project) -> None:
    entered = income(
        kind="gift", date="31.3.2021", amount="-1", donor="d" * 201, external_id="i" * 81
    )
    assert wrong(project, entered) == [
        ("kind", "unknown_kind"),
        ("date", "invalid_date"),
        ("donor", "too_long"),
        ("external_id", "too_long"),
        ("amount", "negative_amount"),
    ]
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"amount": "0.00"}, "zero_amount"),
        ({"amount": "many"}, "not_a_number"),
        ({"amount": "1.0000001"}, "too_many_decimals"),
        ({"date": "2019-12-31"}, "date_outside_plan"),
        ({"date": "2024-01-01"}, "date_outside_plan"),
        ({"currency": "XQX"}, "unknown_currency"),
        ({"currency": ""}, "unknown_currency"),
        ({"earmarked": "perhaps"}, "unknown_answer"),
        ({"kind": "income"}, "unknown_answer"),
    ],
)
def test_what_cannot_be_is_refused(project, content, code) -> None:
    assert [one for _field, one in wrong(project, typed(**content))] == [code]


def test_no_day_that_is_yet_to_come(project) -> None:
    project.plan.revisions.update(end=date(2999, 12, 31))
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert wrong(project, typed(date=str(tomorrow))) == [("date", "date_in_future")]


def test_expenditure_may_leave_open_whether_it_is_earmarked(project) -> None:
    assert record(project).transaction.earmarked is None
    assert record(project, earmarked="no").transaction.earmarked is False


def test_a_number_stands_for_one_transaction_of_the_plan(project) -> None:
    held = record(project, external_id="A-1").transaction
    other = factories.project(project.plan, "P2")
    assert wrong(other, typed(external_id="A-1")) == [("external_id", "duplicate_external_id")]
    withdraw_transaction(transaction=held, reason="Other project", by=None)
    assert record(other, external_id="A-1").transaction.pk
    assert record(factories.project(factories.plan("SP2"), "P1"), external_id="A-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Transaction.objects.filter(pk=held.pk).update(withdrawn_at=None)


def test_the_database_holds_no_income_without_earmarking_and_no_amount_of_zero(project) -> None:
    held = record(project).transaction
    for change in ({"kind": "income"}, {"amount": Decimal(0)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Transaction.objects.filter(pk=held.pk).update(**change)


@pytest.mark.parametrize("role", [Role.READER, Role.REPORTER, Role.REVIEWER, Role.ADMINISTRATOR])
def test_only_managers_record_and_withdraw(project, role) -> None:
    somebody = factories.user("Somebody", role)
    held = record(project).transaction
    with pytest.raises(NotAllowed):
        record(project, by=somebody)
    with pytest.raises(NotAllowed):
        withdraw_transaction(transaction=held, reason="Why", by=somebody)


def test_a_manager_of_another_office_records_nothing(project) -> None:
    with pytest.raises(NotAllowed):
        record(project, by=factories.user("Other", Role.MANAGER, factories.office("ROAP")))


def test_what_was_withdrawn_is_kept_and_counts_no_longer(project, manager) -> None:
    held = record(project).transaction
    for reason, code in (("  ", "missing_reason"), ("r" * 2001, "too_long")):
        with pytest.raises(InvalidInput) as refusal:
            withdraw_transaction(transaction=held, reason=reason, by=manager)
        assert refusal.value.code == code
    then = held.posted_at
    withdraw_transaction(transaction=held, reason=" Booked twice ", by=manager)
    held.refresh_from_db()
    assert (held.reason, held.withdrawn_by) == ("Booked twice", manager)
    assert years_of(project) == []
    assert [one.spent for one in years_of(project, then)] == [Decimal(100)]
    with pytest.raises(DomainError) as again:
        withdraw_transaction(transaction=held, reason="Again", by=manager)
    assert again.value.code == "already_withdrawn"


def test_the_acts_stand_in_the_history_of_the_project(project, manager) -> None:
    held = record(project, by=manager, external_id="A-1").transaction
    withdraw_transaction(transaction=held, reason="Booked twice", by=manager)
    acts = ActivityEntry.objects.about(project).filter(verb__contains="money").order_by("pk")
    assert [(one.verb, one.actor, one.reason, one.changes) for one in acts] == [
        ("recorded money", manager, "", {"expenditure.2021-03-31 A-1": [None, "100 USD"]}),
        (
            "withdrew money",
            manager,
            "Booked twice",
            {"expenditure.2021-03-31 A-1": ["100 USD", None]},
        ),
    ]


# --- Warnings and sums -----------------------------------------------------------------------


def test_spending_above_the_budget_is_warned_of_and_recorded(project) -> None:
    budget(project, ("2021", "150"), ("2022", "100"))
    assert told(record(project)) == []
    assert told(record(project, amount="50.01")) == [
        ("above_budget", 2021, Decimal(150), Decimal("150.01"))
    ]
    assert told(record(project, date="2022-01-01", amount="99.99")) == [
        ("above_budget", 2021, Decimal(150), Decimal("150.01"))
    ]
    assert told(record(project, date="2022-01-01", amount="0.01"))[0] == (
        ("above_budget", None, Decimal(250), Decimal("250.01"))
    )


def test_a_year_without_any_budget_line_has_nothing_to_spend(project) -> None:
    budget(project, ("2022", "100"))
    assert told(record(project, amount="1")) == [("above_budget", 2021, Decimal(0), Decimal(1))]


def test_spending_without_any_budget_is_told_apart_and_income_warns_of_nothing(project) -> None:
    assert record_transaction(project=project, entered=income(), by=None).warnings == []
    found = record(project)
    assert told(found) == [("no_budget", None, None, Decimal(100))]
    assert "no approved budget" in found.warnings[0].message


def test_money_is_summed_by_year_and_what_is_missing_is_no_zero(project) -> None:
    budget(project, ("2021", "150"))
    record(project, amount="60.5")
    record_transaction(project=project, entered=income(date="2020-02-01"), by=None)
    years = years_of(project)
    assert [(one.year, one.approved, one.received, one.spent, one.remaining) for one in years] == [
        (2020, None, Decimal(100), None, None),
        (2021, Decimal(150), None, Decimal("60.5"), Decimal("89.5")),
    ]
    total = total_of(years)
    assert (total.approved, total.received, total.spent) == (150, 100, Decimal("60.5"))


# --- Pages -----------------------------------------------------------------------------------


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


FORM = {"kind": "expenditure", "date": "2021-03-31", "amount": "120", "currency": "USD"}


def test_a_manager_records_on_the_page_and_is_warned(project, manager) -> None:
    budget(project, ("2021", "100"))
    client = signed_in(manager)
    shown = client.post(PAGE, FORM, follow=True).content.decode()
    assert "It is recorded." in shown
    assert "P1 spent USD 120 in 2021, above the USD 100 of that year." in shown
    assert (
        "More was spent than is approved" in client.get("/plans/SP/projects/P1/").content.decode()
    )


def test_a_mistake_is_told_beside_its_field_and_the_text_is_kept(project, manager) -> None:
    answer = signed_in(manager).post(PAGE, FORM | {"amount": "12,5", "description": "Pumps"})
    assert answer.status_code == 400
    shown = answer.content.decode()
    assert "“12,5” is not a number." in shown
    assert "Pumps" in shown


def test_a_transaction_is_withdrawn_on_its_page_and_recorded_anew(project, manager) -> None:
    held = record(project, description="Pumps").transaction
    client, page = signed_in(manager), f"/plans/SP/transactions/{held.pk}/"
    assert client.post(page, {"reason": ""}).status_code == 400
    shown = client.post(page, {"reason": "Booked twice"}, follow=True).content.decode()
    assert "Booked twice" in shown
    assert client.post(page, {"reason": "Again"}).status_code == 409
    again = client.get(PAGE, {"again": held.pk}).content.decode()
    assert "Pumps" in again
    assert "withdrawn" in client.get(PAGE, {"state": "withdrawn"}).content.decode()


def test_the_list_is_a_file_too(project, manager) -> None:
    record(project, external_id="A-1", donor="=Norway")
    record(factories.project(project.plan, "P2"), external_id="A-2")
    client = signed_in(manager)
    rows = client.get("/plans/SP/transactions.csv", {"project": "P1"}).getvalue().decode()
    assert "A-1,P1,ROAF,Expenditure,2021-03-31,'=Norway" in rows
    assert "A-2" not in rows
    assert client.get("/plans/SP/transactions.xlsx", {"kind": "gift"}).status_code == 400


def test_others_read_and_record_nothing(project) -> None:
    held = record(project).transaction
    client = signed_in(factories.user("Reader"))
    assert "Record it" not in client.get(PAGE).content.decode()
    assert client.post(PAGE, FORM).status_code == 403
    page = f"/plans/SP/transactions/{held.pk}/"
    assert "Withdraw it" not in client.get(page).content.decode()
    assert client.post(page, {"reason": "Why"}).status_code == 403


def test_a_page_takes_as_many_queries_for_thirty_as_for_three(project, manager) -> None:
    client, counts = signed_in(manager), []
    for more in (3, 27):
        for _one in range(more):
            record(project)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(PAGE).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


# --- The API ---------------------------------------------------------------------------------

LIST = "plans/SP/transactions/"
BODY = {"project": "P1", "kind": "expenditure", "date": "2021-03-31", "amount": "120.50"}


def test_the_api_records_withdraws_and_lists(project, manager) -> None:
    api = Api(manager)
    budget(project, ("2021", "100"))
    made = api.post(LIST, BODY | {"external_id": "A-1"})
    assert made.status_code == 201
    body = made.json()
    assert (body["usd"], body["rate_month"], body["earmarked"]) == ("120.5", "2021-03", None)
    assert [(one["code"], one["year"]) for one in body["warnings"]] == [
        ("above_budget", None),
        ("above_budget", 2021),
    ]
    rows = api.rows(LIST, project="P1", kind="expenditure", year=2021, external_id="A-1")
    assert [row["id"] for row in rows] == [body["id"]]
    assert api.rows(LIST, year=2020) == []
    assert refused(api.post(f"{LIST}{body['id']}/withdraw/")) == (400, "missing_reason")
    gone = api.post(f"{LIST}{body['id']}/withdraw/", {"reason": "Twice"})
    assert gone.json()["reason"] == "Twice"
    assert refused(api.post(f"{LIST}{body['id']}/withdraw/", {"reason": "Twice"})) == (
        409,
        "already_withdrawn",
    )
    assert api.rows(LIST) == []
    assert len(api.rows(LIST, state="withdrawn")) == 1


def test_the_api_names_what_is_wrong_and_who_may_not(project, manager) -> None:
    api = Api(manager)
    body = BODY | {"kind": "income", "amount": "-1"}
    assert problems(api.post(LIST, body)) == {
        ("earmarked", "unknown_answer"),
        ("amount", "negative_amount"),
    }
    assert refused(api.post(LIST, BODY | {"project": "P9"})) == (400, "unknown_project")
    assert refused(api.get(LIST, colour="red")) == (400, "unknown_parameter")
    reporter = Api(factories.user("Reporter", Role.REPORTER, project.office))
    assert refused(reporter.post(LIST, BODY)) == (403, "not_allowed")


def test_the_list_of_the_api_takes_a_fixed_number_of_queries(project, manager) -> None:
    api, counts = Api(manager), []
    for more in (3, 27):
        for _one in range(more):
            record(project)
        counts.append(api.queries(LIST))
    assert counts[0] == counts[1]
