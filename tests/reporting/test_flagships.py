"""Flagship programmes: what they serve, their projects, balance of funding and progress."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from outcomes.models import ThemeLink
from plans.models import StrategicPlan, Theme
from projects.actions import Description, TransactionInput, describe_project, record_transaction
from tests import factories
from tests.api_client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> StrategicPlan:
    plan = factories.plan("SP")
    outcome = factories.outcome(plan, "1.1")
    for code in ("FP1", "FP2"):
        theme = factories.theme(plan, "flagship", code)
        ThemeLink.objects.create(theme=theme, outcome=outcome)
    return plan


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(factories.user())
    return client


def part(plan: StrategicPlan, code: str, flagship: str, usd: str) -> None:
    project = factories.project(plan, code, factories.office("ROAF"))
    describe_project(project=project, said=Description(flagship=flagship), by=None)
    entered = TransactionInput("income", "2021-03-31", usd, earmarked="yes")
    record_transaction(project=project, entered=entered, by=None)


def test_each_has_its_projects_outcomes_and_share_of_the_money(plan, client) -> None:
    part(plan, "P1", "FP1", "30")
    part(plan, "P2", "FP2", "70")
    answer = client.get("/plans/SP/flagships/")
    first, second = answer.context["page"].flagships
    assert [row.outcome.code for row in first.outcomes] == ["1.1"]
    assert (first.projects.total(), second.projects.total()) == (1, 1)
    assert (first.row.money.received, second.row.money.received) == (30, 70)
    assert "?flagship=FP1&amp;status=" in answer.content.decode()


def test_the_api_and_the_file_say_what_the_page_says(plan, client) -> None:
    part(plan, "P1", "FP1", "30")
    part(plan, "P2", "FP2", "70")
    told = Api(factories.user("Eve")).get("plans/SP/flagships/").json()
    first = told["flagships"][0]
    assert (first["code"], first["outcomes"][0]["outcome"]) == ("FP1", "1.1")
    assert first["projects"][0]["query"] == "flagship=FP1&status=active"
    assert (first["money"]["received"], first["money"]["approved"]) == ("30", None)
    answer = client.get("/plans/SP/flagships.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    row = next(line for line in text.splitlines() if "FP1" in line)
    assert "30.00" in row and "70.00" not in row


def test_without_projects_it_says_so_and_shows_no_0(plan, client) -> None:
    page = client.get("/plans/SP/flagships/").content.decode()
    assert "No project says that it is part of it" in page
    assert "the balance is not known" in page
    assert not re.search(r">\s*0\s*<", page)


def test_many_projects_take_as_many_queries_as_one(plan, client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/plans/SP/flagships/").status_code == 200
        return len(captured)

    part(plan, "P1", "FP1", "30")
    queries()
    few = queries()
    for number in range(2, 8):
        part(plan, f"P{number}", "FP2", "1")
    assert queries() == few


@pytest.fixture(scope="module")
def loaded(shared_rows: Path) -> None:
    call_command("load_plan", stdout=StringIO())
    call_command("load_mtr", stdout=StringIO())


def test_the_shipped_flagships_serve_outcomes_and_tell_what_the_review_states(
    loaded, client
) -> None:
    page = client.get("/plans/SP-2020-2023/flagships/").content.decode()
    assert "Serves outcome 1.3" in page and "5 programmes" in page
    text = re.sub(r"<[^>]+>", "", client.get("/plans/SP-2020-2023/about/").content.decode())
    assert re.search(r"FP1\b[^\n]*· serves\s+1\.3", text)
    assert not re.search(r"FP1 · [^·]*· served by", text)
    assert Theme.objects.filter(kind="flagship").count() == 5


@pytest.mark.parametrize(
    ("launched", "told"),
    [
        ("2020-02-12", "Launched 12 Feb 2020. Ours"),
        ("2020-02", "Launched Feb 2020. Ours"),
        ("2020", "Launched 2020. Ours"),
        ("", "Ours"),
    ],
)
def test_the_page_says_when_one_was_launched_as_precisely_as_it_is_known(
    plan: StrategicPlan, client: Client, launched: str, told: str
) -> None:
    Theme.objects.filter(plan=plan, code="FP1").update(launched=launched, note="Ours")
    page = " ".join(client.get("/plans/SP/flagships/").content.decode().split())
    assert f'<p class="small muted">{told}</p>' in page


def test_the_plan_file_says_when_one_was_launched(plan: StrategicPlan) -> None:
    call_command("load_plan", stdout=StringIO())
    launched = Theme.objects.exclude(launched="").values_list("code", "launched")
    assert set(launched) == {("FP2", "2020"), ("FP3", "2020-02-12")}
    assert not Theme.objects.filter(note__contains="Launched").exists()
