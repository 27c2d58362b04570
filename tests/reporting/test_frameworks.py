"""Pages of global frameworks: what contributes to them, counted once, in a scope."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from outcomes.actions import FrameworkInput, set_indicator_frameworks
from outcomes.models import IndicatorFramework, ThemeLink
from outcomes.rollup.queue import drain
from plans.models import StrategicPlan, Theme
from projects.actions import set_project_frameworks
from reporting.frameworks import frameworks_page
from tests import factories

pytestmark = pytest.mark.django_db

PARA = "Para. 64"


@pytest.fixture
def plan() -> StrategicPlan:
    plan = factories.plan("SP")
    whole = factories.theme(plan, "instrument", "QCPR", "Quadrennial review")
    for number in (1, 2):
        part = factories.theme(plan, "instrument", f"QCPR-{number}", f"Theme {number}")
        part.part_of = whole
        part.save()
    outcome = factories.outcome(plan, "1.1")
    factories.outcome(plan, "2.1")
    ThemeLink.objects.create(
        outcome=outcome,
        theme=Theme.objects.get(code="QCPR-1"),
        source=PARA,
        confidence="high",
    )
    indicator = factories.indicator(outcome, "WATER")
    set_indicator_frameworks(
        indicator=indicator, links=[FrameworkInput("QCPR-1", PARA, "high")], by=None
    )
    africa = factories.project(plan, "P1", factories.office("ROAF"), serves=outcome)
    factories.report(factories.line(africa, indicator), 7)
    asia = factories.project(plan, "P2", factories.office("ROAP"))
    link = FrameworkInput("QCPR-1", "The office's own reading", "low")
    set_project_frameworks(project=asia, links=[link], by=None)
    drain()
    return plan


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(factories.user("Reader", Role.READER))
    return client


def test_a_framework_counts_what_serves_it_or_its_targets(plan) -> None:
    user = factories.user()
    [row] = frameworks_page(plan, user, None)
    assert (row.targets, len(row.outcomes), len(row.indicators), row.projects) == (2, 1, 1, 2)
    [row] = frameworks_page(plan, user, factories.office("ROAP"))
    assert (len(row.outcomes), row.projects) == (1, 1)


def test_the_matrix_says_what_is_matched_and_by_what(plan, client) -> None:
    page = client.get("/plans/SP/frameworks/QCPR/")
    matched = [(row.theme.code, row.is_matched) for row in page.context["page"].targets]
    assert matched == [("QCPR-1", True), ("QCPR-2", False)]
    shown = page.content.decode()
    assert "1 of 2 are matched by an outcome, an indicator or a project." in shown
    assert "They touch 1 of the plan’s 2 domains of change." in shown


def test_a_target_shows_figures_and_the_projects_with_how_they_serve_it(plan, client) -> None:
    page = client.get("/plans/SP/frameworks/QCPR-1/?period=2020-Q1")
    [(link, row)] = page.context["page"].indicators
    assert (link.confidence, row.figure.to_date) == ("high", 7)
    shown = page.content.decode()
    assert "through its indicators and outcomes" in shown
    assert "The office&#x27;s own reading" in shown


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({}, ["P1", "P2"]),
        ({"confidence": "low"}, ["P2"]),
        ({"confidence": "high"}, ["P1"]),
        ({"confidence": "medium"}, []),
        ({"scope": "ROAF"}, ["P1"]),
    ],
)
def test_projects_are_narrowed_by_office_and_confidence(plan, client, asked, codes) -> None:
    page = client.get("/plans/SP/frameworks/QCPR-1/", asked)
    assert [one.code for one in page.context["projects"].rows] == codes


def test_the_projects_are_a_file_too(plan, client) -> None:
    answer = client.get("/plans/SP/frameworks/QCPR-1/projects.csv", {"confidence": "low"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "P2,Project P2,Under way,ROAP" in text
    assert "P1," not in text
    assert client.get("/plans/SP/frameworks/QCPR-1/projects.xlsx").status_code == 200
    wrong = client.get("/plans/SP/frameworks/QCPR-1/projects.csv", {"confidence": "x"})
    assert wrong.status_code == 400


def test_an_unknown_framework_is_not_found_and_an_unknown_filter_refused(plan, client) -> None:
    assert client.get("/plans/SP/frameworks/NOTHING/").status_code == 404
    assert client.get("/plans/SP/frameworks/QCPR/?country=XXX").status_code == 400
    assert client.get("/plans/SP/frameworks/?scope=XXX").status_code == 400


@pytest.mark.parametrize("where", ["", "QCPR/", "QCPR-1/"])
def test_pages_take_as_many_queries_for_many_as_for_few(plan, client, where) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/plans/SP/frameworks/{where}").status_code == 200
        return len(captured)

    queries()
    few = queries()
    indicator = plan.indicators.get(code="WATER")
    for number in range(3, 31):
        project = factories.project(plan, f"P{number}", serves=indicator.outcome)
        factories.line(project, indicator)
    assert queries() == few


def test_the_shipped_plan_says_what_the_review_states_and_what_is_our_reading() -> None:
    call_command("load_plan")
    links = ThemeLink.objects.filter(theme__plan__code="SP-2020-2023")

    def of(target: str) -> dict[str, str]:
        return dict(
            links.filter(theme__code=target)
            .order_by("outcome__code")
            .values_list("outcome__code", "confidence")
        )

    assert of("SENDAI") == {"4.3": "stated"}
    assert of("PARIS") == {"3.1": "stated"}
    assert of("PARIS-4") == {"3.1": "high"}
    assert of("SDG-11.2") == {"1.1": "high"}
    assert of("QCPR-3") == {"3.1": "high", "3.2": "high", "3.3": "high"}
    plan = StrategicPlan.objects.get(code="SP-2020-2023")
    targets = Theme.objects.filter(plan=plan, part_of__code="AGENDA2030", code__startswith="SDG-11")
    assert targets.count() == 10
    assert Theme.objects.filter(plan=plan, part_of__code="NUA").count() == 3
    assert not links.filter(theme__part_of__isnull=False, source="").exists()
    client = Client()
    client.force_login(factories.user())
    page = client.get("/plans/SP-2020-2023/frameworks/QCPR/").context["page"]
    assert ([one.code for one in page.domains], page.domains_of_plan) == (["1", "3", "4"], 4)


def test_the_shipped_indicators_serve_targets_and_commitments_as_far_as_we_read_them() -> None:
    call_command("load_plan")
    call_command("load_plan")
    links = IndicatorFramework.objects.filter(indicator__plan__code="SP-2020-2023")

    def of(target: str) -> dict[str, str]:
        rows = links.filter(theme__code=target).order_by("indicator__code")
        return dict(rows.values_list("indicator__code", "confidence"))

    assert of("SDG-11.7") == {"O1.1-SRV": "high"}
    assert of("SDG-11.a") == {"O2.1-NUP": "high", "O2.3-NUPD": "medium"}
    assert of("SDG-11.6")["O3.2-PLA"] == "high"
    assert of("SDG-11.1")["O1.2-POL"] == "high"
    assert of("SDG-1.4")["O4.2-TEN"] == "high"
    assert all(of(code) for code in ("NUA-A", "NUA-B", "NUA-C"))
    read = links.filter(
        Q(theme__part_of__code="AGENDA2030") | Q(theme__part_of__code="NUA")
    ).select_related("theme", "indicator")
    assert not read.filter(confidence="stated").exists()
    assert not read.filter(Q(note="") | Q(source="")).exists()
    assert all("para" in one.source.lower() for one in read)
    client = Client()
    client.force_login(factories.user())
    page = client.get("/plans/SP-2020-2023/frameworks/SDG-11.7/").content.decode()
    assert "Public space, safe and inclusive, is one of the services" in page
    assert "Our reading: high confidence" in page
