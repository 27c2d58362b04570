"""The list of agreements: found by words and dates, those that end soon first to end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from plans.models import StrategicPlan
from projects.actions import merge_partners, save_view, withdraw_agreement
from projects.models import Agreement
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db

LIST = "/plans/SP/agreements/"


@pytest.fixture
def plan() -> StrategicPlan:
    return factories.plan("SP")


@pytest.fixture
def manager() -> User:
    return factories.user("Manager", Role.MANAGER)


@pytest.fixture
def browser(manager) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def ending(plan: StrategicPlan, name: str, days: int | None, **content: Any) -> Agreement:
    """An agreement that ends so many days from today, with a partner of its own."""
    end = None if days is None else timezone.localdate() + timedelta(days=days)
    return factories.agreement(factories.partner(plan, name), title=name, end=end, **content)


def titles(browser: Client, **asked: Any) -> list[str]:
    answer = browser.get(LIST, asked)
    assert answer.status_code == 200
    return [row.title for row in answer.context["page"].rows]


def test_those_that_end_soon_hold_today_and_the_first_to_end_is_first(plan, browser) -> None:
    ending(plan, "In a month", 30)
    ending(plan, "Today", 0)
    ending(plan, "On the last day", 90)
    for name, days in (("Yesterday", -1), ("Later", 91), ("Without an end", None)):
        ending(plan, name, days)
    begins = timezone.localdate() + timedelta(days=10)
    ending(plan, "Not begun", 60, start=begins)
    wanted = ["Today", "In a month", "On the last day"]
    assert titles(browser, ending_within=90) == wanted
    assert f"{LIST}?ending_within=90" in browser.get("/plans/SP/partners/").content.decode()
    rows = Api(factories.user("Reader")).rows("plans/SP/agreements/", ending_within=90)
    assert sorted(row["title"] for row in rows) == sorted(wanted)


@pytest.mark.parametrize("days", ["-1", "3661", "ten", "1.5"])
def test_days_that_are_none_are_refused(plan, manager, browser, days) -> None:
    assert browser.get(LIST, {"ending_within": days}).status_code == 400
    answer = Api(manager).get("plans/SP/agreements/", ending_within=days)
    assert refused(answer)[0] == 400


def test_they_are_found_by_words_kind_office_country_and_day(plan, browser) -> None:
    kenya = factories.country("KEN", of=factories.office("ROAF"))
    city = factories.partner(plan, "Município de Nakuru")
    factories.agreement(city, title="Wells", reference="A/1", kind="cooperation")
    factories.agreement(
        factories.partner(plan, "Shelter for All"),
        title="Streets",
        at=factories.office("ROAF"),
        scope="country",
        countries=(kenya,),
        end=date(2020, 12, 31),
    )
    assert titles(browser, q="municipio wells") == ["Wells"]
    assert titles(browser, q="a/1") == ["Wells"]
    assert titles(browser, kind="cooperation") == ["Wells"]
    assert titles(browser, office="ROAF") == ["Streets"]
    assert titles(browser, country="KEN") == ["Streets"]
    assert titles(browser, in_force="2021-01-01") == ["Wells"]
    assert titles(browser, partner=city.pk) == ["Wells"]
    assert titles(browser, q="bridge") == []
    assert browser.get(LIST, {"kind": "song"}).status_code == 400
    assert browser.get(LIST, {"partner": "9999"}).status_code == 400


def test_what_was_withdrawn_is_shown_where_it_is_asked_for(plan, manager, browser) -> None:
    one = ending(plan, "Wells", None)
    withdraw_agreement(agreement=one, reason="Entered twice", by=manager)
    assert titles(browser) == []
    assert "Entered twice" in browser.get(LIST, {"state": "withdrawn"}).content.decode()


def test_one_that_was_signed_under_another_name_stands_under_the_partner_that_counts(
    plan, manager, browser
) -> None:
    old = ending(plan, "Nakuru Town", None).partner
    new = factories.partner(plan, "City of Nakuru")
    merge_partners(partner=old, into=new, by=manager, reason="It became a city")
    assert titles(browser, partner=new.pk) == ["Nakuru Town"]
    shown = browser.get(LIST, {"q": "city"}).content.decode()
    assert f"/plans/SP/partners/{new.pk}/#agreements" in shown
    assert "as “Nakuru Town”" in shown


def test_a_view_of_agreements_is_kept(plan, manager, browser) -> None:
    save_view(plan=plan, register="agreements", name="Soon", query="ending_within=90", by=manager)
    assert f"{LIST}?ending_within=90" in browser.get(LIST).content.decode()


@pytest.mark.parametrize("number", [3, 30])
def test_the_list_takes_a_fixed_number_of_queries(
    plan, browser, number, django_assert_num_queries
) -> None:
    kenya = factories.country("KEN", of=factories.office("ROAF"))
    for one in range(number):
        ending(plan, f"Partner {one} {'x' * one}", 10, scope="country", countries=(kenya,))
    with django_assert_num_queries(10):
        browser.get(LIST)
