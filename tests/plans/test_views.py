"""The set-up page of reporting periods."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from plans.models import ReportingPeriod, StrategicPlan
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/plans/SP/setup/periods/"


@pytest.fixture
def manager(client: Client) -> Client:
    """A browser of a manager at headquarters, at a plan with one period."""
    factories.plan("SP", quarters=1)
    client.force_login(factories.user("Mo", Role.MANAGER))
    return client


def period() -> ReportingPeriod:
    return ReportingPeriod.objects.get(label="2020-Q1")


def send(client: Client, act: str, **fields: Any) -> Any:
    named = {f"2020-Q1-{name}": value for name, value in fields.items()}
    return client.post(URL, {"period": "2020-Q1", "act": act, **named})


def test_a_period_is_closed_opened_again_and_moved(manager: Client) -> None:
    assert send(manager, "close", reason="All in").status_code == 302
    assert period().is_closed
    assert send(manager, "reopen", reason="Late floods").status_code == 302
    assert not period().is_closed
    assert send(manager, "due", due="2020-05-01").status_code == 302
    assert period().due == date(2020, 5, 1)
    page = manager.get(URL).content.decode()
    assert "Late floods" in page and "1 May 2020" in page


BAD = [
    ("reopen", {"reason": " "}, "reason"),
    ("due", {"due": "2020-03-01"}, "due"),
    ("due", {"due": ""}, "due"),
    ("due", {"due": "soon"}, "due"),
]


@pytest.mark.parametrize(("act", "fields", "where"), BAD)
def test_what_is_refused_is_told_beside_its_field(
    manager: Client, act: str, fields: dict[str, str], where: str
) -> None:
    before = period()
    response = send(manager, act, **fields)
    refused = [row for row in response.context["rows"] if row.asked]
    assert response.status_code in (400, 409)
    assert [list(row.form.errors) for row in refused] == [[where]]
    assert (period().due, period().closed_at) == (before.due, before.closed_at)


def test_others_read_and_are_refused(manager: Client) -> None:
    people = [(Role.MANAGER, factories.office("ROAF")), (Role.ADMINISTRATOR, None)]
    for role, office in people:
        manager.force_login(factories.user(f"A {role}", role, office))
        assert b'<details class="act"' not in manager.get(URL).content
        assert send(manager, "close").status_code == 403
    manager.logout()
    assert manager.get(URL).status_code == 302
    assert not period().is_closed


def test_an_unknown_period_or_act_is_not_found(manager: Client) -> None:
    assert manager.post(URL, {"period": "1999-Q1", "act": "close"}).status_code == 404
    assert send(manager, "delete").status_code == 404


def test_more_periods_ask_no_more_queries(client: Client, django_assert_num_queries: Any) -> None:
    factories.plan("ONE", quarters=1)
    factories.plan("THREE", quarters=3)
    client.force_login(factories.user("Mo", Role.MANAGER))
    client.get("/plans/ONE/setup/periods/")
    with django_assert_num_queries(6):
        client.get("/plans/ONE/setup/periods/")
    with django_assert_num_queries(6):
        client.get("/plans/THREE/setup/periods/")


def test_a_manager_of_headquarters_sets_how_results_are_reviewed(manager: Client) -> None:
    sent = manager.post(URL, {"act": "review", "review_steps": "2", "reason": "As agreed"})
    assert sent.status_code == 302
    assert StrategicPlan.objects.get().review_steps == 2
    assert "changed how results are reviewed" in manager.get(URL).content.decode()
    assert manager.post(URL, {"act": "review", "review_steps": "3"}).status_code == 400
    for role in (Role.REVIEWER, Role.ADMINISTRATOR):
        manager.force_login(factories.user(f"A {role}", role))
        assert manager.post(URL, {"act": "review", "review_steps": "1"}).status_code == 403
    assert StrategicPlan.objects.get().review_steps == 2
