"""Which offices a plan lets its readers choose: those that it has something of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Office
from habitat_tracker.clock import database_now
from outcomes import scopes
from outcomes.actions import set_target
from outcomes.models import RegionalStrategy, StatedFigure
from plans.models import StrategicPlan
from projects.models import InnovationLab, ProjectRevision, Risk
from projects.offices import offices_of_plan
from tests import factories
from tests.factories import life
from tests.reporting.test_views import queries_of

pytestmark = pytest.mark.django_db


@dataclass
class Tree:
    """Two plans side by side: Kenya's office works for one, Mali's for the demonstration."""

    plan: StrategicPlan
    demonstration: StrategicPlan
    kenya: Office
    mali: Office
    idle: Office


@pytest.fixture
def tree() -> Tree:
    plan, africa = life.desk()
    demonstration = factories.plan("DEMO", is_demonstration=True)
    kenya, mali = (factories.office(code, parent=africa) for code in ("KENYA", "DEMO-MLI"))
    idle = factories.office("ROAP")
    outcome = factories.Outcome.objects.get(plan=plan, code="1.1")
    factories.project(plan, "P1", kenya, serves=outcome)
    factories.project(demonstration, "D1", mali, serves=factories.outcome(demonstration, "1.1"))
    return Tree(plan, demonstration, kenya, mali, idle)


@pytest.fixture
def reading(client: Client) -> Client:
    client.force_login(factories.user("A Reader"))
    return client


def codes(plan: str, **asked: Any) -> list[str]:
    return [one.code for one in offices_of_plan(plan, **asked)]


def test_a_plan_offers_the_offices_of_its_own_and_those_above_them(tree: Tree) -> None:
    assert codes("SP") == ["HQ", "ROAF", "KENYA"]
    assert codes("DEMO") == ["HQ", "ROAF", "DEMO-MLI"]
    assert codes("NONE") == []


def test_what_was_asked_for_is_offered_too_and_only_among_those_given(tree: Tree) -> None:
    assert codes("SP", asked="DEMO-MLI") == ["HQ", "ROAF", "KENYA", "DEMO-MLI"]
    some = Office.objects.filter(code__in=["KENYA", "ROAP"])
    assert codes("SP", among=some) == ["KENYA"]


def set_(tree: Tree) -> None:
    indicator = factories.Indicator.objects.get(plan=tree.plan, code="STREETS")
    scope = scopes.of_office(tree.idle.pk)
    set_target(indicator=indicator, value=9, on=date(2023, 12, 31), scope=scope, by=None)


def reported(tree: Tree) -> None:
    where = factories.country("JPN", "Japan", tree.idle)
    project = factories.project(tree.plan, "P2", factories.headquarters(), where)
    factories.line(project, factories.indicator(tree.plan), where)


def moved(tree: Tree) -> None:
    project = tree.plan.projects.get()
    ProjectRevision.objects.create(
        project=project,
        office=tree.idle,
        status=project.status,
        recorded_at=database_now(),
        superseded_at=database_now(),
    )


HELD: dict[str, Callable[[Tree], Any]] = {
    "a project": lambda tree: factories.project(tree.plan, "P9", tree.idle),
    "a project that has left": moved,
    "a target": set_,
    "a strategy": lambda tree: RegionalStrategy.objects.create(
        plan=tree.plan, office=tree.idle, text={"en": "Wells"}
    ),
    "what the review states": lambda tree: StatedFigure.objects.create(
        plan=tree.plan, key="S1", topic="partners", office=tree.idle, text={"en": "Partners"}
    ),
    "an agreement": lambda tree: factories.agreement(factories.partner(tree.plan), at=tree.idle),
    "a delegation": lambda tree: life.person_with_authority(tree.plan, tree.idle),
    "a report of headquarters on its country": reported,
    "a risk": lambda tree: Risk.objects.create(
        plan=tree.plan,
        office=tree.idle,
        title="Drought",
        likelihood=1,
        impact=1,
        score=1,
        owner=factories.user("Owner"),
        review_by=date(2030, 1, 1),
        entered_by=factories.user("Writer"),
    ),
    "a lab": lambda tree: InnovationLab.objects.create(
        plan=tree.plan,
        office=tree.idle,
        name="Lab",
        key="lab",
        country=factories.country(),
        status="operating",
    ),
}


@pytest.mark.parametrize("what", HELD)
def test_an_office_has_part_in_a_plan_with(tree: Tree, what: str) -> None:
    HELD[what](tree)
    assert "ROAP" in codes("SP")
    assert "ROAP" not in codes("DEMO")


def offered(page: str, name: str = "office") -> list[str]:
    """The values of a select of the page."""
    choices = re.search(rf'<select name="{name}".*?</select>', page, re.DOTALL)
    assert choices
    return re.findall(r'value="([^"]+)"', choices[0])


PAGES = (
    *("projects", "money", "appraisals", "agreements", "partners", "deliverables", "stories"),
    *("labs", "risks", "lessons", "about-projects"),
)


@pytest.mark.parametrize("page", PAGES)
def test_filters_of_a_plan_offer_no_office_of_another(
    tree: Tree, reading: Client, page: str
) -> None:
    address = f"/plans/SP/{page}/"
    assert offered(reading.get(address).content.decode()) == ["HQ", "ROAF", "KENYA"]
    narrowed = reading.get(f"{address}?office=DEMO-MLI")
    assert narrowed.status_code == 200
    assert offered(narrowed.content.decode()) == ["HQ", "ROAF", "KENYA", "DEMO-MLI"]
    assert '<option value="DEMO-MLI" selected>' in narrowed.content.decode()
    assert reading.get(f"{address}?office=NOWHERE").status_code == 400


@pytest.mark.parametrize("page", ["", "outcomes/1.1/", "frameworks/"])
def test_pages_of_figures_offer_no_office_of_another_plan(
    tree: Tree, reading: Client, page: str
) -> None:
    address = f"/plans/SP/{page}"
    assert offered(reading.get(address).content.decode(), "scope") == ["plan", "ROAF", "KENYA"]
    other = reading.get(f"{address}?scope=DEMO-MLI").content.decode()
    assert offered(other, "scope") == ["plan", "ROAF", "KENYA", "DEMO-MLI"]
    assert reading.get(f"{address}?scope=NOWHERE").status_code == 400


def test_who_reviews_chooses_among_the_offices_of_the_plan(tree: Tree, client: Client) -> None:
    client.force_login(factories.user("Vera", Role.REVIEWER))
    page = client.get("/plans/SP/my-work/").content.decode()
    assert offered(page) == ["HQ", "ROAF", "KENYA"]


def test_who_enters_something_chooses_among_all_offices(tree: Tree, client: Client) -> None:
    client.force_login(factories.user("Mona", Role.MANAGER))
    page = client.get("/plans/SP/add-project/").content.decode()
    assert {"KENYA", "DEMO-MLI", "ROAP"} <= set(offered(page))


def test_it_takes_as_many_queries_for_many_offices_as_for_few(tree: Tree, reading: Client) -> None:
    few = queries_of(reading, "/plans/SP/projects/")
    for number in range(5):
        where = factories.office(f"O{number}", parent=tree.kenya)
        factories.project(tree.plan, f"N{number}", where)
    assert queries_of(reading, "/plans/SP/projects/") == few
