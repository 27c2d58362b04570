"""A project's life by the API: the same actions, codes and permissions as the pages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from outcomes.actions import set_target
from projects.actions import start_project, submit_document
from projects.models import Appraisal, Project
from tests import factories
from tests.api_client import Api, problems, refused
from tests.factories import life

pytestmark = pytest.mark.django_db
DOCUMENTS = "plans/SP/documents/"


@pytest.fixture
def rita() -> User:
    _plan, office = life.desk()
    return factories.user("Rita", Role.REPORTER, office)


def put(api: Api, path: str, body: Any) -> Any:
    return api.client.put(f"/api/v1/{path}", body, format="json")


def test_a_project_goes_from_proposal_to_closure_by_the_api(rita) -> None:
    plan, office = factories.Outcome.objects.first().plan, rita.office_roles.get().office
    api = Api(rita)
    new = {"code": "P1", "title": {"en": "Safe streets"}, "office": "ROAF"}
    told = api.post(DOCUMENTS, new).json()
    assert "missing_primary" in [one["code"] for one in told["missing"]]
    at = f"{DOCUMENTS}{told['id']}/"
    for section, given in life.CONTENT.items():
        told = put(api, f"{at}sections/{section}/", {"section": given, "version": told["version"]})
        assert told.status_code == 200, told.content
        told = told.json()
    assert told["missing"] == [] and (told["usd"], told["earmarked_usd"]) == ("100000", "70000")
    api.post(f"{at}submit/")
    [waiting] = api.rows("plans/SP/appraisals/", state="waiting")
    head, _under = life.person_with_authority(plan, office)
    reviewer = Api(head)
    conditions = [{"text": "Ask the traders", "due": "2030-01-01"}]
    said = {"decision": "conditions", "conditions": conditions}
    done = reviewer.post(f"plans/SP/appraisals/{waiting['id']}/decide/", said).json()
    assert (done["decision"], done["level"]) == ("conditions", "regional")
    [condition] = api.rows("plans/SP/conditions/", met="false")
    api.post(f"plans/SP/conditions/{condition['id']}/answer/", {"answer": "Asked"})
    reviewer.post(f"plans/SP/conditions/{condition['id']}/settle/", {"met": True})
    assert api.rows("plans/SP/conditions/", met="false") == []
    manager = Api(factories.user("Mona", Role.MANAGER, office))
    assert manager.post("plans/SP/projects/P1/start/").json()["status"] == "active"
    closing = {
        "closed_on": "2020-12-31",
        "achieved": "12 streets",
        "lasting": "The city keeps them",
        "link": "https://example.org/report",
        "lessons": [{"context": "Late", "learned": "Ask first", "country": "KEN"}],
    }
    assert manager.post("plans/SP/projects/P1/close/", closing).status_code == 201
    assert [one["learned"] for one in api.rows("plans/SP/lessons/")] == ["Ask first"]
    assert [one["project"] for one in api.rows("plans/SP/lessons/", project="P1")] == ["P1"]
    assert Project.objects.get().status == "closed"
    factories.project(plan, "P2", office)
    assert api.rows("plans/SP/lessons/", project="P2") == []


def test_a_section_with_mistakes_names_field_row_and_code(rita) -> None:
    plan, office = factories.Outcome.objects.first().plan, rita.office_roles.get().office
    document = life.proposal(plan, office, rita)
    given = [{"year": "2020", "amount": "5"}, {"year": "2020", "amount": "5", "currency": "KES"}]
    answer = put(
        Api(rita),
        f"{DOCUMENTS}{document.pk}/sections/budget/",
        {"section": given, "version": document.version},
    )
    assert refused(answer) == (400, "no_exchange_rate")
    assert [(one["field"], one["row"]) for one in answer.json()["problems"]] == [("currency", 2)]


def test_a_section_asks_for_the_version_that_was_seen(rita) -> None:
    plan, office = factories.Outcome.objects.first().plan, rita.office_roles.get().office
    document = life.proposal(plan, office, rita)
    at = f"{DOCUMENTS}{document.pk}/sections/partners/"
    assert refused(put(Api(rita), at, {"section": []})) == (400, "missing_version")
    assert refused(put(Api(rita), at, {"section": [], "version": 1})) == (409, "version_conflict")
    unknown = f"{DOCUMENTS}{document.pk}/sections/costs/"
    assert refused(put(Api(rita), unknown, {"section": [], "version": 1}))[1] == "unknown_section"


def test_what_is_missing_of_a_closure_is_told_field_by_field(rita) -> None:
    plan, office = factories.Outcome.objects.first().plan, rita.office_roles.get().office
    factories.project(plan, "P9", office)
    manager = Api(factories.user("Mona", Role.MANAGER, office))
    answer = manager.post("plans/SP/projects/P9/close/", {})
    assert problems(answer) == {
        ("closed_on", "missing_date"),
        ("achieved", "missing_report"),
        ("lasting", "missing_report"),
        ("link", "missing_report"),
        ("lessons", "missing_lesson"),
    }


@pytest.mark.parametrize("name", ["documents", "appraisals", "conditions", "lessons", "meetings"])
def test_lists_take_as_many_queries_for_many_as_for_few(rita, name) -> None:
    plan, office = factories.Outcome.objects.first().plan, rita.office_roles.get().office
    life.approved(plan, office, "P1")
    api, at = Api(rita), f"plans/SP/{name}/"
    api.queries(at)
    few = api.queries(at)
    for number in range(2, 6):
        life.approved(plan, office, f"P{number}")
    assert api.queries(at) == few


def test_a_meeting_that_was_not_held_is_refused(rita) -> None:
    plan, office = factories.Outcome.objects.first().plan, rita.office_roles.get().office
    appraisal = submit_document(document=life.proposal(plan, office, rita), by=rita)
    head, _under = life.person_with_authority(plan, office)
    asked = {"decision": "approved", "meeting": "2020-04-30"}
    at = f"plans/SP/appraisals/{appraisal.pk}/decide/"
    assert refused(Api(head).post(at, asked)) == (400, "unknown_meeting")
    assert Appraisal.objects.get().decision == ""


def test_who_decides_without_naming_a_delegation_is_told_how_far_theirs_reaches(rita) -> None:
    plan, office = factories.Outcome.objects.first().plan, rita.office_roles.get().office
    appraisal = submit_document(document=life.proposal(plan, office, rita), by=rita)
    head, _under = life.person_with_authority(plan, office, most=5_000)
    life.person_with_authority(plan, factories.office("ROAS"), name="Elsewhere")
    at, asked = f"plans/SP/appraisals/{appraisal.pk}/decide/", {"decision": "approved"}
    answer = Api(head).post(at, asked)
    assert refused(answer) == (403, "above_delegation")
    assert "USD 100,000 is above the USD 5,000" in answer.json()["message"]
    nobody = factories.user("Nobody", Role.REVIEWER, office)
    assert refused(Api(nobody).post(at, asked)) == (403, "no_delegation")
    wide, _under = life.person_with_authority(plan, office, name="Wide")
    assert Api(wide).post(at, asked).json()["decision"] == "approved"


def test_lines_say_the_project_s_own_baseline_and_target(rita) -> None:
    plan, office = factories.Outcome.objects.first().plan, rita.office_roles.get().office
    level = factories.indicator(factories.outcome(plan, "1.1"), "LEVEL", over_time="latest")
    frame = [
        {"indicator": "STREETS", "country": "KEN", "target": "12"},
        {"indicator": "LEVEL", "baseline": "3", "target": "7.5", "by": "2021-03-31"},
    ]
    mona = factories.user("Mona", Role.MANAGER, office)
    start_project(project=life.approved(plan, office, logframe=frame), by=mona)
    set_target(indicator=level, value=100, on=date(2023, 12, 31), by=None)
    api = Api(rita)
    lines = {one["indicator"]: one for one in api.get("plans/SP/projects/P1/").json()["lines"]}
    own = {
        code: (one["baseline"], one["target"], one["target_date"]) for code, one in lines.items()
    }
    assert own == {"STREETS": (None, "12", "2021-06-30"), "LEVEL": ("3", "7.5", "2021-03-31")}
    few = api.queries("plans/SP/projects/")
    start_project(project=life.approved(plan, office, "P2", logframe=frame), by=mona)
    assert api.queries("plans/SP/projects/") == few
