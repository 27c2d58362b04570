"""The catalogue of services and tools, and what was delivered by city."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.models import User
from plans.models import StrategicPlan
from projects.actions import Description, describe_project
from projects.actions.places import city_named
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db
TOOLS = "/plans/SP/tools/"
CITIES = "/plans/SP/products-by-city/"


@pytest.fixture
def plan() -> StrategicPlan:
    plan = factories.plan("SP")
    factories.outcome(plan, "1.1")
    for code, name in (("CPI", "City Prosperity Index"), ("STDM", "Social Tenure Domain Model")):
        factories.theme(plan, "tool", code, name)
    kenya, uganda = factories.country("KEN"), factories.country("UGA", "Uganda")
    for code, tools in (("P1", ("STDM",)), ("P2", ("STDM", "CPI"))):
        project = factories.project(plan, code, where=kenya)
        describe_project(project=project, said=Description(tools=tools), by=None)
        for name, country in (("Nairobi", kenya), ("Kampala", uganda)):
            city = city_named(plan=plan, country=country, name=name, by=None)
            if code == "P1" or name == "Nairobi":
                title = f"{name} {code}"
                factories.deliverable(
                    project, title, kind="city_profile", country=country, city=city
                )
    factories.deliverable(project, "Of no city")
    return plan


@pytest.fixture
def reader() -> User:
    return factories.user("Reader")


@pytest.fixture
def browser(client: Client, reader: User) -> Client:
    client.force_login(reader)
    return client


def shown(browser: Client, address: str) -> Any:
    return browser.get(address).context["rows"]


def file_of(browser: Client, address: str) -> str:
    return b"".join(browser.get(address)).decode()  # type: ignore[call-overload, no-any-return]


def test_every_tool_has_the_number_of_its_projects_the_most_used_first(plan, browser) -> None:
    rows = shown(browser, TOOLS)
    assert [(row.tool.code, row.projects) for row in rows] == [("STDM", 2), ("CPI", 1)]
    for row in rows:
        page = browser.get(f"/plans/SP/projects/?theme={row.tool.code}").context["page"]
        assert page.count == row.projects
    assert [row.tool.code for row in shown(browser, f"{TOOLS}?q=prosperity")] == ["CPI"]


def test_the_file_and_the_api_of_tools_say_what_the_page_says(plan, browser, reader) -> None:
    file = file_of(browser, "/plans/SP/tools.csv?q=tenure")
    assert "STDM,Social Tenure Domain Model,,2" in file and "CPI" not in file
    told = Api(reader).get("plans/SP/tools/", q="index").json()
    assert [(one["code"], one["projects"]) for one in told] == [("CPI", 1)]
    assert refused(Api(reader).get("plans/SP/tools/", word="index"))[0] == 400


def test_products_by_city_lead_to_their_list(plan, browser) -> None:
    rows = shown(browser, CITIES)
    assert [(str(row.country), str(row.city), row.count) for row in rows] == [
        ("Kenya", "Nairobi", 2),
        ("Uganda", "Kampala", 1),
    ]
    page = browser.get(f"{CITIES}?kind=city_profile").content.decode()
    for row in rows:
        query = f"?city={row.city.key}&amp;kind=city_profile"
        assert query in page
        found = browser.get(f"/plans/SP/deliverables/{query}".replace("&amp;", "&"))
        assert found.context["page"].count == row.count
    assert shown(browser, f"{CITIES}?kind=recovery_framework") == []
    assert browser.get("/plans/SP/deliverables/?city=XXX/none").status_code == 400


def test_the_file_and_the_api_of_cities_say_what_the_page_says(plan, browser, reader) -> None:
    text = file_of(browser, "/plans/SP/products-by-city.csv")
    assert "Kenya,KEN,Nairobi,KEN/nairobi,,,,2" in text
    api = Api(reader)
    told = api.get("plans/SP/deliverables/by-city/", country="UGA").json()
    assert [(one["country"], one["city"], one["count"]) for one in told] == [
        ("UGA", "UGA/kampala", 1)
    ]
    assert len(api.rows("plans/SP/deliverables/", city="KEN/nairobi")) == 2
