"""Projects and what is kept of their lives, by the API: same actions and permissions as pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry
from projects.actions import begin_revision, save_section, start_project, submit_document
from projects.api.sections import SECTIONS
from projects.documents.sections import read_section
from projects.models import ChecklistQuestion, Project
from tests import factories
from tests.api_client import Api, problems, refused
from tests.factories import life

pytestmark = pytest.mark.django_db
NEW: dict[str, Any] = {
    "code": "T1",
    "title": {"en": "Safe streets", "fr": "Rues sûres"},
    "office": "ROAF",
    "countries": ["KEN"],
    "start": "2020-01-01",
    "end": "2021-12-31",
    "outcomes": [
        {"outcome": "1.1", "rank": "primary"},
        {"outcome": "3.1", "rank": "secondary"},
    ],
    "status": "active",
    "reason": "Approved by the committee in 2019",
}
PROJECTS = "plans/SP/projects/"


class Desk:
    def __init__(self) -> None:
        self.plan, self.office = life.desk()
        self.manager = factories.user("Mona", Role.MANAGER, self.office)
        self.reporter = factories.user("Rita", Role.REPORTER, self.office)
        self.api = Api(self.manager)


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- Taken over, and changed ---------------------------------------------------------------


def test_a_manager_takes_over_a_project_with_its_outcomes(desk: Desk) -> None:
    answer = desk.api.post(PROJECTS, NEW)
    assert answer.status_code == 201, answer.content
    assert answer.headers["ETag"] == '"1"'
    told = answer.json()
    assert told["title"] == NEW["title"] and told["countries"] == ["KEN"]
    assert told["taken_over_reason"] == NEW["reason"] and told["status"] == "active"
    assert {one["outcome"]: one["rank"] for one in told["alignments"]} == {
        "1.1": "primary",
        "3.1": "secondary",
    }
    made = Project.objects.get(code="T1")
    assert made.taken_over_by == desk.manager
    verbs = ActivityEntry.objects.about(made).values_list("verb", flat=True)
    assert sorted(verbs) == ["added", "aligned", "aligned"]


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"code": "t1"}, "code", "code_taken"),
        ({"code": "a b"}, "code", "invalid_code"),
        ({"title": {"en": " "}}, "title", "missing_title"),
        ({"title": {"xx": "A"}}, "title", "unknown_language"),
        ({"title": {"en": "A" * 301}}, "title", "too_long"),
        ({"office": "NO"}, "office", "unknown_office"),
        ({"countries": ["XXX"]}, "countries", "unknown_country"),
        ({"outcomes": [{"outcome": "9.9", "rank": "primary"}]}, "outcomes", "unknown_outcome"),
        ({"outcomes": [{"outcome": "1.1", "rank": "primary"}] * 2}, "outcomes", "duplicate_row"),
        ({"outcomes": []}, "outcomes", "missing_primary"),
        ({"end": "2019-01-01"}, "end", "dates_reversed"),
        ({"status": "pipeline"}, "status", "needs_proposal"),
        ({"reason": ""}, "reason", "missing_reason"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_what_is_wrong_with_a_new_project_is_told_and_nothing_is_kept(
    desk: Desk, given: dict[str, Any], field: str, code: str
) -> None:
    if code == "code_taken":
        factories.project(desk.plan, "T1", desk.office)
    before = Project.objects.count()
    answer = desk.api.post(PROJECTS, NEW | {"code": "T2"} | given)
    assert (answer.status_code, problems(answer)) == (400, {(field, code)})
    assert Project.objects.count() == before


def test_only_managers_of_the_office_take_projects_over(desk: Desk) -> None:
    assert refused(Api(desk.reporter).post(PROJECTS, NEW)) == (403, "not_allowed")
    factories.office("ROAP")
    assert refused(desk.api.post(PROJECTS, NEW | {"office": "ROAP"})) == (403, "not_allowed")


def test_a_change_keeps_what_it_does_not_name_and_asks_for_the_version(desk: Desk) -> None:
    desk.api.post(PROJECTS, NEW)
    at = f"{PROJECTS}T1/"
    assert refused(desk.api.patch(at, {"end": "2022-06-30"})) == (400, "missing_version")
    told = desk.api.patch(at, {"end": "2022-06-30", "version": 1})
    assert told.status_code == 200, told.content
    assert (told.json()["end"], told.json()["start"]) == ("2022-06-30", "2020-01-01")
    assert len(told.json()["alignments"]) == 2 and told.headers["ETag"] == '"2"'
    stale = desk.api.patch(at, {"summary": {"en": "Short"}}, **{"If-Match": '"1"'})
    assert refused(stale) == (409, "version_conflict")
    moved = {"outcomes": [{"outcome": "3.1", "rank": "primary"}], "version": 2}
    told = desk.api.patch(at, moved).json()
    assert [(one["outcome"], one["rank"]) for one in told["alignments"]] == [("3.1", "primary")]
    assert told["version"] == 3
    same = desk.api.patch(at, {"title": NEW["title"], "version": 3}).json()
    assert same["version"] == 3


def test_a_change_of_status_or_of_what_a_document_holds_is_refused(desk: Desk) -> None:
    desk.api.post(PROJECTS, NEW)
    closed = desk.api.patch(f"{PROJECTS}T1/", {"status": "closed", "version": 1})
    assert refused(closed) == (409, "status_has_steps")
    approved = life.approved(desk.plan, desk.office)
    later = {"end": "2023-06-30", "version": approved.version}
    assert refused(desk.api.patch(f"{PROJECTS}P1/", later)) == (409, "needs_revision")
    named = {"title": {"en": "Safer streets"}, "version": approved.version}
    assert desk.api.patch(f"{PROJECTS}P1/", named).json()["title"] == {"en": "Safer streets"}


def test_who_saw_the_page_of_another_version_changes_nothing(desk: Desk, client: Any) -> None:
    desk.api.post(PROJECTS, NEW)
    client.force_login(desk.manager)
    form = {"title": "Mine", "office": "ROAF", "countries": ["KEN"], "rank_1.1": "primary"}
    desk.api.patch(f"{PROJECTS}T1/", {"summary": {"en": "Theirs"}, "version": 1})
    answer = client.post("/plans/SP/projects/T1/edit/", form | {"version": "1"})
    assert answer.status_code == 409
    assert str(Project.objects.get(code="T1").title) == "Safe streets"
    assert client.post("/plans/SP/projects/T1/edit/", form | {"version": "2"}).status_code == 302


# --- What a project leaves -----------------------------------------------------------------


def test_the_final_report_of_a_closed_project_is_read_with_its_lessons(desk: Desk) -> None:
    kenya = factories.country("KEN", "Kenya", desk.office)
    factories.project(desk.plan, "P9", desk.office, kenya)
    reader = Api(factories.user("Reader"))
    at = f"{PROJECTS}P9/final-report/"
    assert refused(reader.get(at)) == (404, "not_found")
    closing = {
        "closed_on": "2020-12-31",
        "achieved": "12 streets",
        "lasting": "The city keeps them",
        "link": "https://example.org/report",
        "lessons": [
            {"context": "Late", "learned": "Ask first", "country": "KEN", "outcome": "1.1"},
            {"context": "Rain", "learned": "Dig early"},
        ],
    }
    closed = desk.api.post(f"{PROJECTS}P9/close/", closing)
    assert closed.status_code == 201, closed.content
    assert len(closed.json()["lessons"]) == 2
    told = reader.get(at).json()
    assert (told["achieved"], told["closed_on"]) == ("12 streets", "2020-12-31")
    assert {(one["learned"], one["country"], one["outcome"]) for one in told["lessons"]} == {
        ("Ask first", "KEN", "1.1"),
        ("Dig early", None, None),
    }
    assert reader.queries(at) <= 7


# --- Two versions side by side -------------------------------------------------------------


def test_a_revision_is_laid_beside_the_record_that_it_was_begun_from(desk: Desk) -> None:
    project = start_project(project=life.approved(desk.plan, desk.office), by=desk.manager)
    revision = begin_revision(project=project, by=desk.reporter, reason="More")
    basics = revision.content["basics"] | {"end": "2021-12-31"}
    save_section(document=revision, section="basics", given=basics, by=desk.reporter)
    told = desk.api.get(f"plans/SP/documents/{revision.pk}/comparison/").json()
    assert told["round"] is None and told["lines"] == []
    sections = {one["section"]: one for one in told["sections"]}
    assert list(sections) == list(SECTIONS)
    assert sections["basics"]["before"]["end"] == "2021-06-30"
    assert sections["basics"]["after"]["end"] == "2021-12-31"
    assert sections["basics"]["differences"] == [
        {"label": "End", "before": "30 Jun 2021", "after": "31 Dec 2021"}
    ]
    assert sections["places"]["differences"] == []
    assert sections["places"]["before"] == sections["places"]["after"]


def test_a_proposal_is_laid_beside_the_round_that_is_asked_for(desk: Desk) -> None:
    document = life.proposal(desk.plan, desk.office, desk.reporter)
    at = f"plans/SP/documents/{document.pk}/comparison/"
    submit_document(document=document, by=desk.reporter)
    assert desk.api.get(at).json()["round"] == 1
    assert desk.api.get(at, round="1").json()["round"] == 1
    assert refused(desk.api.get(at, round="2")) == (400, "unknown_round")
    assert refused(desk.api.get(at, turn="2")) == (400, "unknown_parameter")


# --- Appraisal -----------------------------------------------------------------------------


def test_the_checklist_is_set_by_managers_of_headquarters_and_read_by_all(desk: Desk) -> None:
    at = "plans/SP/checklist/"
    asked = [{"code": "Q2", "text": {"en": "Green?"}}, {"code": "Q1", "text": {"en": "In line?"}}]
    assert refused(desk.api.put(at, {"questions": asked})) == (403, "not_allowed")
    head = Api(factories.user("Hanna", Role.MANAGER, factories.headquarters()))
    assert head.put(at, {"questions": asked}).json() == asked
    assert desk.api.get(at).json() == asked
    assert head.put(at, {"questions": asked[:1]}).json() == asked[:1]
    assert ChecklistQuestion.objects.count() == 2
    empty = head.put(at, {"questions": [{"code": "Q3", "text": {"en": ""}}]})
    assert problems(empty) == {("text", "missing_text")}


def test_an_appraisal_comes_with_its_conditions(desk: Desk) -> None:
    head, _under = life.person_with_authority(desk.plan, desk.office)
    document = life.proposal(desk.plan, desk.office, desk.reporter)
    waiting = submit_document(document=document, by=desk.reporter)
    said = {"decision": "conditions", "conditions": [{"text": "Ask them", "due": "2030-01-01"}]}
    decided = Api(head).post(f"plans/SP/appraisals/{waiting.pk}/decide/", said).json()
    assert [one["text"] for one in decided["conditions"]] == ["Ask them"]
    told = desk.api.get(f"plans/SP/appraisals/{waiting.pk}/").json()
    assert told["conditions"] == desk.api.rows("plans/SP/conditions/")


# --- The form of sections ------------------------------------------------------------------


def test_the_schema_names_every_key_that_a_section_keeps(desk: Desk) -> None:
    project = factories.project(desk.plan, "P1", desk.office)
    content: dict[str, Any] = {}
    for name, (form, example) in SECTIONS.items():
        content[name], wrong = read_section(project, name, example, content)
        assert wrong == [], name
        kept = content[name][0] if isinstance(content[name], list) else content[name]
        named = (form["items"] if form["type"] == "array" else form)["properties"]
        assert kept.keys() | {"is_another"} == named.keys() | {"is_another"}, name


def test_the_guide_shows_the_examples_of_the_schema() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    shown = guide.split("rest on each other):\n\n```json\n")[1].split("```")[0]
    assert json.loads(shown) == {name: example for name, (_form, example) in SECTIONS.items()}
