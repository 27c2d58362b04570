"""What a region comes to: its projects by outcome, its money, its partners, each with its rows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.models import Office
from habitat_tracker.clock import database_now
from plans.models import StrategicPlan
from projects.actions import (
    TransactionInput,
    record_transaction,
    withdraw_transaction,
)
from projects.money import money_summary, money_total
from tests import factories

pytestmark = pytest.mark.django_db
REGION = "/plans/SP/regions/ROAF/"


@pytest.fixture
def plan() -> StrategicPlan:
    return factories.plan("SP")


@pytest.fixture
def africa() -> Office:
    return factories.office("ROAF")


@pytest.fixture
def kenya(africa: Office) -> Office:
    return factories.office("KEN-CO", parent=africa)


@pytest.fixture
def client() -> Client:
    made = Client()
    made.force_login(factories.user("Reader"))
    return made


def received(project, usd: str, day: str = "2021-03-31"):
    entered = TransactionInput(kind="income", date=day, amount=usd, earmarked="yes")
    return record_transaction(project=project, entered=entered, by=None).transaction


def test_projects_are_counted_by_primary_outcome_with_their_rows(plan, kenya, client) -> None:
    first, second = (factories.outcome(plan, code) for code in ("1.1", "1.2"))
    for code, outcome in (("P1", second), ("P2", second), ("P3", None)):
        factories.project(plan, code, kenya, serves=outcome, status="active")
    factories.project(plan, "P4", factories.office("ROAP"), serves=first, status="active")
    answer = client.get(REGION)
    page = answer.context["page"]
    assert [(row.outcome.code, n) for row, n in page.outcomes] == [("1.1", 0), ("1.2", 2)]
    assert page.unserved == 1
    for asked, n in (("primary=1.2", 2), ("domain=none", 1)):
        address = f"/plans/SP/projects/?office=ROAF&{asked}"
        assert address.replace("&", "&amp;") in answer.content.decode()
        assert client.get(address).context["page"].count == n


def test_the_money_of_a_region_is_that_of_the_money_page(plan, kenya, client) -> None:
    received(factories.project(plan, "P1", kenya, status="active"), "1000")
    received(factories.project(plan, "P2", factories.office("ROAP"), status="active"), "70")
    page = client.get(REGION).context["page"]
    assert page.money.received == Decimal(1000)
    assert page.money.spent is None
    assert page.money == money_summary(plan, office=page.office).total


def test_the_money_of_a_region_is_told_as_of_a_moment(plan, kenya, africa) -> None:
    first = received(factories.project(plan, "P1", kenya, status="active"), "1000")
    before = database_now()
    withdraw_transaction(transaction=first, reason="Entered twice", by=None)
    assert money_total(plan, office=africa, moment=before).received == Decimal(1000)
    assert money_total(plan, office=africa).received is None


def test_partners_with_an_agreement_in_force_are_counted_once(plan, kenya, client) -> None:
    today = timezone.localdate()
    city = factories.partner(plan, "City of Kisumu", kind="local_government")
    for _number in range(2):
        factories.agreement(city, date(2021, 1, 1), kenya)
    over = factories.partner(plan, "City of Thika", kind="local_government")
    factories.agreement(over, date(2021, 1, 1), kenya, end=today - timedelta(days=1))
    other = factories.partner(plan, "City of Cebu", kind="local_government")
    factories.agreement(other, date(2021, 1, 1), factories.office("ROAP"))
    answer = client.get(REGION)
    assert [(kind, n) for kind, _label, n in answer.context["page"].partners] == [
        ("local_government", 1)
    ]
    address = f"/plans/SP/partners/?office=ROAF&kind=local_government&in_force={today}"
    assert address.replace("&", "&amp;") in answer.content.decode()
    assert client.get(address).context["page"].count == 1


def test_a_region_with_nothing_says_so(plan, africa, client) -> None:
    shown = client.get(REGION).content.decode()
    assert "No budget is approved for this region" in shown
    assert "No agreement with a partner is in force today" in shown


@pytest.mark.parametrize("count", [1, 10])
def test_a_region_takes_as_many_queries_whatever_it_holds(
    plan, kenya, client, count, django_assert_num_queries
) -> None:
    for _number in range(count):
        made = factories.project(
            plan, "", kenya, serves=factories.outcome(plan, "1.1"), status="active"
        )
        received(made, "10")
        factories.agreement(factories.partner(plan), date(2021, 1, 1), kenya)
    client.get(REGION)
    with django_assert_num_queries(18):
        client.get(REGION)
