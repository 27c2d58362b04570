"""The register of risks: ratings, the heat map, who keeps which, closing."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from plans.models import StrategicPlan
from projects import actions
from projects.actions import RiskInput
from projects.choices import RiskLevel
from projects.models import Project, Risk
from projects.risk_map import heat_map
from tests import factories
from tests.api_client import Api, problems

pytestmark = pytest.mark.django_db
SOON = timezone.localdate() + timedelta(days=30)


@pytest.fixture
def plan() -> StrategicPlan:
    return factories.plan("SP")


@pytest.fixture
def project(plan) -> Project:
    return factories.project(plan, "P1", factories.office("ROAF"))


@pytest.fixture
def rita(project) -> User:
    return factories.user("Rita", Role.REPORTER, project.office)


def feared(project: Project | None, whose: User, **more: Any) -> RiskInput:
    given: dict[str, Any] = {
        "title": "Floods",
        "category": "delivery",
        "likelihood": 3,
        "impact": 4,
        "response": "reduce",
        "measures": "Build after the rains.",
        "owner": whose,
        "review_by": SOON,
        "project": project,
    }
    return RiskInput(**(given | more))


def entered(project: Project, by: User, **more: Any) -> Risk:
    return actions.save_risk(plan=project.plan, entered=feared(project, by, **more), by=by)


def test_a_risk_is_as_grave_as_likelihood_times_impact(project, rita) -> None:
    risk = entered(project, rita)
    assert (risk.score, risk.level, risk.office) == (12, RiskLevel.HIGH, project.office)
    levels = [RiskLevel.of(score).value for score in (1, 4, 5, 9, 10, 16, 20, 25)]
    assert levels == ["low", "low", "medium", "medium", "high", "high", "very_high", "very_high"]


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"title": " "}, ["missing_title"]),
        ({"likelihood": "6", "impact": "often"}, ["rating_out_of_range"] * 2),
        ({"category": "luck", "response": "hope"}, ["unknown_category", "unknown_response"]),
        ({"measures": ""}, ["missing_measures"]),
        ({"owner": None}, ["missing_owner"]),
        ({"review_by": None}, ["missing_date"]),
        ({"review_by": date(2020, 1, 1)}, ["date_in_past"]),
    ],
)
def test_what_is_wrong_with_a_risk_is_told(project, rita, given, codes) -> None:
    with pytest.raises(InvalidInput) as refusal:
        entered(project, rita, **given)
    assert [one.code for one in refusal.value.problems] == codes
    assert not Risk.objects.exists()


def test_what_is_accepted_needs_no_measures(project, rita) -> None:
    assert entered(project, rita, response="accept", measures="").pk


def test_risks_of_the_plan_are_kept_at_headquarters(project, rita) -> None:
    with pytest.raises(NotAllowed):
        actions.save_risk(plan=project.plan, entered=feared(None, rita), by=rita)
    chief = factories.user("Chief", Role.MANAGER)
    risk = actions.save_risk(plan=project.plan, entered=feared(None, rita), by=chief)
    assert risk.office == factories.headquarters()


def test_a_rating_that_changes_is_told_in_its_history(project, rita) -> None:
    risk = entered(project, rita)
    with pytest.raises(VersionConflict):
        actions.save_risk(
            plan=project.plan, entered=feared(project, rita), by=rita, risk=risk, version=9
        )
    changed = feared(project, rita, likelihood=5)
    actions.save_risk(plan=project.plan, entered=changed, by=rita, risk=risk, version=1)
    act = ActivityEntry.objects.about(risk).first()
    assert act and act.changes == {"likelihood": ["3", "5"], "score": ["12", "20"]}


def test_a_closed_risk_is_kept_and_not_changed(project, rita) -> None:
    risk = entered(project, rita)
    with pytest.raises(InvalidInput):
        actions.close_risk(risk=risk, reason=" ", by=rita)
    actions.close_risk(risk=risk, reason="The rains are over", by=rita)
    with pytest.raises(DomainError) as refusal:
        actions.save_risk(plan=project.plan, entered=feared(project, rita), by=rita, risk=risk)
    assert refusal.value.code == "already_closed"
    assert not Risk.objects.open().exists() and Risk.objects.count() == 1


def test_the_heat_map_counts_open_risks(project, rita) -> None:
    entered(project, rita), entered(project, rita)
    entered(project, rita, likelihood=5, impact=5)
    actions.close_risk(risk=entered(project, rita, likelihood=1), reason="Over", by=rita)
    cells = {
        (cell.likelihood, cell.impact): cell.count
        for _likelihood, row in heat_map(Risk.objects.all())
        for cell in row
        if cell.count
    }
    assert cells == {(3, 4): 2, (5, 5): 1}


def test_the_numbers_of_the_heat_map_keep_the_filters_of_the_page(project, rita) -> None:
    client = Client()
    client.force_login(rita)
    entered(project, rita, title="Floods", category="funding")
    entered(project, rita, title="Floods again")
    actions.close_risk(risk=entered(project, rita, category="funding"), reason="Over", by=rita)

    def linked(query: str) -> list[str]:
        """What the lists behind the numbers hold."""
        page = client.get(f"/plans/SP/risks/?{query}").content.decode()
        [link] = re.findall(r'<a href="(\?[^"]*likelihood=[^"]*)"><b>', page)
        answer = client.get("/plans/SP/risks/" + unescape(link))
        return sorted(one.title for one in answer.context["page"].rows)

    assert linked("category=funding&office=ROAF&after=x") == ["Floods"]
    assert linked("q=again&likelihood=3&impact=") == ["Floods again"]
    assert linked("project=P1") == ["Floods", "Floods again"]
    assert linked("category=funding&state=all") == ["Floods"]
    Risk.objects.filter(title="Floods again").update(review_by=date(2020, 1, 1))
    assert linked("state=overdue") == ["Floods again"]


def test_pages_files_and_queries(project, rita) -> None:
    client = Client()
    client.force_login(rita)
    entered(project, rita, title="Floods")

    def asked(at: str) -> tuple[str, int]:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(at)
        assert answer.status_code == 200
        return answer.content.decode(), len(captured)

    asked("/plans/SP/risks/")
    page, few = asked("/plans/SP/risks/")
    assert "Floods" in page and "likelihood=3&amp;impact=4" in page
    for number in range(5):
        entered(project, rita, title=f"Risk {number}", likelihood=number + 1)
    assert asked("/plans/SP/risks/")[1] == few
    assert "Floods" in asked("/plans/SP/projects/P1/")[0]
    answer = client.get("/plans/SP/risks.csv?likelihood=3&impact=4")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "Floods" in [row[0] for row in csv.reader(io.StringIO(text)) if row]
    Risk.objects.filter(title="Floods").update(review_by=date(2020, 1, 1))
    assert "Floods" in asked("/plans/SP/risks/?state=overdue")[0]
    assert "Risk 1" not in asked("/plans/SP/risks/?state=overdue")[0]


def test_the_api_keeps_risks_too(project, rita) -> None:
    api = Api(rita)
    body = {
        "project": "P1",
        "title": "Floods",
        "category": "delivery",
        "likelihood": 3,
        "impact": 9,
        "response": "reduce",
        "owner": rita.email,
        "review_by": SOON.isoformat(),
    }
    assert problems(api.post("plans/SP/risks/", body)) == {
        ("impact", "rating_out_of_range"),
        ("measures", "missing_measures"),
    }
    good = body | {"impact": 4, "measures": "Build after the rains."}
    made = api.post("plans/SP/risks/", good).json()
    assert (made["score"], made["level"]) == (12, "high")
    closed = api.post(f"plans/SP/risks/{made['id']}/close/", {"reason": "Over"}).json()
    assert closed["close_reason"] == "Over" and api.rows("plans/SP/risks/") == []
