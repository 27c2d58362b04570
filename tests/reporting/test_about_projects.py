"""What projects are about: numbers by domain, each leading to just its projects."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.models import User
from plans.models import StrategicPlan
from projects.actions import Description, describe_project, set_alignment
from projects.models import Project
from reporting.about_projects import Analyses, CrossTable, analyses
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db


def describe(project: Project, **said: Any) -> None:
    describe_project(project=project, said=Description(**said), by=None)


@pytest.fixture
def plan() -> StrategicPlan:
    plan = factories.plan("SP")
    outcomes = {code: factories.outcome(plan, code) for code in ("1.1", "3.1", "3.2")}
    for kind, code in (
        ("driver", "DRV-LEG"),
        ("enabler", "ENB-INN"),
        ("inclusion", "SI-GEN"),
        ("evaluation_issue", "EVX-CLI"),
        ("tool", "STDM"),
        ("tool", "CIF"),
        ("flagship", "FP1"),
    ):
        factories.theme(plan, kind, code)
    africa, asia = factories.office("ROAF"), factories.office("ROAP")
    first = factories.project(plan, "P1", africa, serves=outcomes["1.1"])
    set_alignment(project=first, outcome=outcomes["3.1"], rank="secondary", by=None)
    set_alignment(project=first, outcome=outcomes["3.2"], rank="tertiary", by=None)
    describe(
        first,
        named={"DRV-LEG": "It drafts laws"},
        markers={"SI-GEN": 2, "EVX-CLI": 0},
        tools=("STDM",),
        flagship="FP1",
        covid="partly",
        covid_share="20",
        innovation=2,
        innovation_text="New",
        replication=3,
        replication_text="Asked for",
    )
    second = factories.project(plan, "P2", asia, serves=outcomes["1.1"])
    describe(
        second,
        named={"DRV-LEG": "It reviews laws"},
        markers={"SI-GEN": 0},
        covid="not_part",
        innovation=1,
        innovation_text="Usual",
        replication=3,
        replication_text="Asked for",
    )
    factories.project(plan, "P3", asia, serves=outcomes["3.1"])
    describe(factories.project(plan, "P4", asia), named={"ENB-INN": "A lab"}, covid="wholly")
    factories.project(plan, "SOURCE", kind="corporate_source", serves=outcomes["1.1"])
    return plan


@pytest.fixture
def user() -> User:
    return factories.user()


def table(page: Analyses, key: str) -> CrossTable:
    return next(one for one in page.tables if one.key == key)


def numbers(page: Analyses, key: str) -> dict[str, list[int]]:
    return {row.code: [cell.count for cell in row.cells] for row in table(page, key).rows}


def test_drivers_and_enablers_are_counted_by_domain(plan, user) -> None:
    page = analyses(plan, user)
    assert [code for code, _ in table(page, "named").columns] == ["1", "3", "none", "all"]
    assert numbers(page, "named") == {
        "DRV-LEG": [2, 0, 0, 2],
        "ENB-INN": [0, 0, 1, 1],
        "all": [2, 1, 1, 4],
    }


def test_other_outcomes_are_counted_against_the_primary_one(plan, user) -> None:
    assert numbers(analyses(plan, user), "linkage") == {
        "1.1": [0, 1, 1],
        "3.1": [0, 0, 0],
        "3.2": [0, 0, 0],
    }


def test_every_marker_and_not_examined_add_up_to_all_projects(plan, user) -> None:
    counted = numbers(analyses(plan, user), "examined")
    assert counted["SI-GEN.2"] == [1, 0, 0, 1]
    assert counted["SI-GEN.0"] == [1, 0, 0, 1]
    assert counted["SI-GEN.not_examined"] == [0, 1, 1, 2]
    assert counted["EVX-CLI.not_examined"] == [1, 1, 1, 3]
    for theme in ("SI-GEN", "EVX-CLI"):
        rows = [row for code, row in counted.items() if code.startswith(theme)]
        assert [sum(column) for column in zip(*rows, strict=True)] == [2, 1, 1, 4]


def test_tools_that_nobody_uses_are_named(plan, user) -> None:
    page = analyses(plan, user)
    assert numbers(page, "used") == {"STDM": [1, 0, 0, 1], "CIF": [0, 0, 0, 0]}
    assert table(page, "used").unused == ["CIF"]


def test_flagships_scaling_and_covid(plan, user) -> None:
    page = analyses(plan, user)
    assert numbers(page, "flagships") == {"FP1": [1, 0, 0, 1]}
    assert numbers(page, "scaling")["worth_scaling"] == [1, 0, 0, 1]
    assert numbers(page, "scaling")["assessed"] == [2, 0, 0, 2]
    assert numbers(page, "covid") == {
        "wholly": [0, 0, 1, 1],
        "partly": [1, 0, 0, 1],
        "not_part": [1, 0, 0, 1],
        "not_examined": [0, 1, 0, 1],
        "all": [2, 1, 1, 4],
    }


@pytest.mark.parametrize("office", [None, "ROAP"])
def test_every_number_leads_to_just_its_projects(plan, user, office) -> None:
    page = analyses(plan, user, factories.office(office) if office else None)
    client = Client()
    client.force_login(user)
    api = Api(user)
    leads: dict[str, set[int]] = {}
    for one in page.tables:
        for row in one.rows:
            for cell in row.cells:
                leads.setdefault(cell.query, set()).add(cell.count)
    wrong = []
    for query, counts in leads.items():
        asked = dict(parse_qsl(query))
        shown = client.get("/plans/SP/projects/", asked).context["page"].count
        rows = api.rows("plans/SP/projects/", **asked)
        listed = len([each for each in rows if each["kind"] == "project"])
        if counts != {shown} or counts != {listed}:
            wrong.append((query, counts, shown, listed))
    assert not wrong
    assert len(leads) > 60


def test_an_office_has_numbers_of_its_own(plan, user) -> None:
    page = analyses(plan, user, factories.office("ROAF"))
    assert page.projects == 1
    assert numbers(page, "named")["DRV-LEG"] == [1, 0, 1]


def test_a_marker_is_one_of_a_theme(plan, user) -> None:
    api = Api(user)
    for asked in ({"marker": "2"}, {"marker": "2", "theme": "DRV-LEG"}):
        answer = api.get("plans/SP/projects/", **asked)
        assert answer.status_code == 400
        assert problems(answer) == {("marker", "missing_theme")}


def test_domains_are_named_once_and_head_columns_by_their_codes(plan, user) -> None:
    shown = analyses(plan, user)
    assert [one.split()[0] for one in shown.domains] == ["1", "3"]
    named = next(table for table in shown.tables if table.key == "named")
    assert named.heads == ["1", "3", "No primary outcome", "All"]


def test_the_page_and_its_files_say_the_same(plan, user) -> None:
    client = Client()
    client.force_login(user)
    shown = client.get("/plans/SP/about-projects/").content.decode()
    assert "Used by no project: CIF" in shown
    assert "primary=1.1&amp;also=3.1" in shown
    answer = client.get("/plans/SP/about-projects.csv?office=ROAF")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert "Drivers of change and enablers,Driver of change,DRV-LEG,DRV-LEG,All,all,1" in lines
    assert client.get("/plans/SP/about-projects.xlsx").status_code == 200
    for path in ("about-projects/", "about-projects.csv"):
        assert client.get(f"/plans/SP/{path}?office=NOWHERE").status_code == 400


def test_the_api_gives_the_tables(plan, user) -> None:
    api = Api(user)
    body = api.get("plans/SP/about-projects/", office="ROAF").json()
    assert body["projects"] == 1
    keys = ["named", "linkage", "examined", "used", "flagships", "scaling", "covid"]
    assert [one["key"] for one in body["tables"]] == keys
    cell = body["tables"][0]["rows"][0]["cells"][0]
    assert cell == {"column": "1", "count": 1, "query": "domain=1&theme=DRV-LEG&office=ROAF"}
    assert refused(api.get("plans/SP/about-projects/", x="1")) == (400, "unknown_parameter")
    assert refused(api.get("plans/SP/about-projects/", office="X")) == (400, "unknown_value")
    assert api.get("plans/XX/about-projects/").status_code == 404


def test_many_projects_take_as_many_queries_as_few(plan, user) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            analyses(plan, user)
        return len(captured)

    few = queries()
    for number in range(30):
        project = factories.project(plan, serves=factories.outcome(plan, "3.1"))
        describe(project, named={"DRV-LEG": "Laws"}, markers={"SI-GEN": number % 3})
    assert queries() == few <= 12


def test_a_plan_without_projects_says_so(user) -> None:
    factories.plan("EMPTY")
    client = Client()
    client.force_login(user)
    shown = client.get("/plans/EMPTY/about-projects/").content.decode()
    assert "There is no project here yet." in shown
