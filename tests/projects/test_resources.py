"""The core budget by year, outcomes that are put off, and the page of money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from plans.models import StrategicPlan
from projects.actions import (
    CoreBudgetInput,
    TransactionInput,
    defer_outcome,
    end_deferral,
    record_transaction,
    set_core_budget,
)
from projects.models import CoreBudget, Deferral
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> StrategicPlan:
    made = factories.plan("SP")
    factories.outcome(made, "1.1")
    return made


@pytest.fixture
def manager() -> User:
    return factories.user("Manager", Role.MANAGER)


def core(plan: StrategicPlan, by: User | None = None, **content: Any) -> CoreBudget:
    usual = {"year": 2020, "approved": "100", "received": "26", "source": "Assembly"}
    seen = content.pop("seen", None)
    entered = CoreBudgetInput(**(usual | content))
    return set_core_budget(plan=plan, entered=entered, by=by, seen=seen)


def defer(plan: StrategicPlan, by: User | None = None, **content: Any) -> Deferral:
    said: dict[str, Any] = {
        "outcome": factories.outcome(plan, "1.1"),
        "planned": date(2020, 6, 1),
        "until": date(2032, 1, 1),
        "reason": "No funds",
    }
    return defer_outcome(**(said | content), by=by)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_share_is_computed_from_both_amounts_and_held_against_the_one_set(plan) -> None:
    held = core(plan, risk_below="26.01")
    assert (held.share, held.is_at_risk) == (Fraction(26), True)
    assert not core(plan, risk_below="26").is_at_risk
    unknown = core(plan, received="", risk_below="50")
    assert (unknown.share, unknown.is_at_risk) == (None, False)
    assert core(plan, received="0", risk_below="50").is_at_risk
    assert core(plan, approved="800", received="1").percent == Decimal("0.13")  # 0.125


def test_a_year_set_again_supersedes_and_is_told(plan, manager) -> None:
    first = core(plan, by=manager)
    assert core(plan, by=manager) == first
    second = core(plan, by=manager, received="30", seen=first.pk)
    assert list(CoreBudget.objects.at()) == [second]
    assert list(CoreBudget.objects.at(first.recorded_at)) == [first]
    with pytest.raises(VersionConflict):
        core(plan, by=manager, received="31", seen=first.pk)
    act = ActivityEntry.objects.about(plan).filter(verb="set core budget").order_by("pk").last()
    assert act is not None
    assert act.changes == {"core_budget.2020 received": ["26", "30"]}


def test_everything_wrong_with_a_core_budget_is_told_at_once(plan) -> None:
    with pytest.raises(InvalidInput) as refusal:
        core(plan, year=2019, approved="0", received="-1", risk_below="101", source=" ")
    assert [(one.field, one.code) for one in refusal.value.problems] == [
        ("year", "year_outside_plan"),
        ("received", "negative_amount"),
        ("approved", "zero_amount"),
        ("risk_below", "share_out_of_range"),
        ("source", "missing_source"),
    ]


def test_an_outcome_is_put_off_with_a_reason_and_taken_up_again(plan, manager) -> None:
    held = defer(plan, by=manager)
    again = defer(plan, by=manager, until=date(2033, 1, 1))
    assert list(Deferral.objects.at()) == [again]
    assert list(Deferral.objects.at(held.recorded_at)) == [held]
    end_deferral(deferral=again, by=manager, reason="Funded")
    assert not Deferral.objects.at().exists()
    with pytest.raises(DomainError) as refusal:
        end_deferral(deferral=again, by=manager)
    assert refusal.value.code == "deferral_ended"


def test_only_managers_of_headquarters_decide(plan) -> None:
    held = defer(plan)
    for somebody in (
        factories.user("Regional", Role.MANAGER, factories.office("ROAF")),
        factories.user("Reviewer", Role.REVIEWER),
    ):
        for act in (
            lambda by: core(plan, by=by),
            lambda by: defer(plan, by=by),
            lambda by: end_deferral(deferral=held, by=by),
        ):
            with pytest.raises(NotAllowed):
                act(somebody)


def test_pages_say_that_an_outcome_is_put_off(plan) -> None:
    defer(plan)
    client = signed_in(factories.user("Reader"))
    pages = ("/plans/SP/", "/plans/SP/outcomes/1.1/", "/plans/SP/money/")
    for page in pages:
        shown = client.get(page).content.decode()
        assert "Deferred to 2032" in shown and "date passed" not in shown
        assert "No funds" in shown
    defer(plan, until=date(2022, 1, 1))  # as the system keeps what was put off in the past
    for page in pages:
        assert "Deferred to 2022, date passed" in client.get(page).content.decode()
    shown = client.get("/plans/SP/money/deferrals/").content.decode()
    assert "1 Jan 2022, passed" in shown


def test_the_forms_set_and_put_off(plan, manager) -> None:
    client = signed_in(manager)
    page = "/plans/SP/money/core-budget/"
    form = {"year": 2020, "approved": "100", "received": "26", "risk_below": "50"}
    assert client.post(page, form).status_code == 400
    client.post(page, form | {"source": "Assembly"})
    shown = client.get("/plans/SP/money/").content.decode()
    assert "At risk: below 50 %" in shown
    page = "/plans/SP/money/deferrals/"
    said = {"outcome": "1.1", "planned": "2020-06-01", "until": "2020-01-01", "reason": "Funds"}
    assert client.post(page, said).status_code == 400
    client.post(page, said | {"until": "2032-01-01"})
    client.post(f"{page}{Deferral.objects.at().get().pk}/end/")
    assert not Deferral.objects.at().exists()


def spend(plan: StrategicPlan, number: int) -> None:
    outcome = factories.outcome(plan, "1.1")
    project = factories.project(plan, f"P{number}", serves=outcome)
    entered = TransactionInput("expenditure", "2021-03-31", "10.50", donor=f"Donor {number}")
    record_transaction(project=project, entered=entered, by=None)


def test_the_page_of_money_takes_as_many_queries_for_thirty_projects_as_for_three(plan) -> None:
    client, asked = signed_in(factories.user("Reader")), []
    for some in (range(3), range(3, 30)):
        for number in some:
            spend(plan, number)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/plans/SP/money/").status_code == 200
        asked.append(len(captured))
    assert asked[0] == asked[1]
    assert client.get("/plans/SP/money/", {"year": "1999"}).status_code == 400


def test_the_same_money_is_a_file_and_in_the_api(plan) -> None:
    spend(plan, 1)
    reader = factories.user("Reader")
    file = signed_in(reader).get("/plans/SP/money.csv").getvalue().decode()
    assert "Outcome,1.1,Outcome 1.1,,,,,,10.50" in file
    api = Api(reader)
    body = api.get("plans/SP/money/", year=2021).json()
    assert (body["total"]["spent"], body["total"]["approved"]) == ("10.5", None)
    assert [(one["of"], one["money"]["spent"]) for one in body["donors"]] == [("Donor 1", "10.5")]
    assert refused(api.get("plans/SP/money/", colour="red")) == (400, "unknown_parameter")
    assert refused(api.get("plans/SP/money/", office="NO")) == (400, "unknown_value")


def test_the_api_sets_puts_off_and_lists(plan, manager) -> None:
    api = Api(manager)
    body = {"year": 2020, "approved": "300", "received": "100", "source": "Assembly"}
    held = api.post("plans/SP/core-budgets/", body | {"risk_below": "50"}).json()
    assert (held["share"], held["is_at_risk"]) == ("33.33", True)
    assert problems(api.post("plans/SP/core-budgets/", body | {"year": 2019})) == {
        ("year", "year_outside_plan")
    }
    assert len(api.rows("plans/SP/core-budgets/", year=2020)) == 1
    said = {"outcome": "1.1", "planned": "2020-06-01", "until": "2032-01-01", "reason": "Funds"}
    made = api.post("plans/SP/deferrals/", said)
    assert (made.status_code, made.json()["is_late"]) == (201, False)
    assert [one["outcome"] for one in api.rows("plans/SP/deferrals/", outcome="1.1")] == ["1.1"]
    assert api.post(f"plans/SP/deferrals/{made.json()['id']}/end/").status_code == 204
    assert api.rows("plans/SP/deferrals/") == []
