"""What a project is about: drivers, markers, flagship, COVID-19, tools, innovation, replication."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from projects.actions import Description, describe_project
from projects.models import Project, ProjectTheme
from tests import factories
from tests.api_client import Api, problems, refused
from tests.factories import life

pytestmark = pytest.mark.django_db
PAGE = "/plans/SP/projects/P1/about/"
WHOLE = Description(
    named={"DRV-LEG": "It drafts planning laws"},
    markers={"SI-GEN": 2, "EVX-CLI": "0"},
    tools=("STDM",),
    flagship="FP3",
    covid="partly",
    covid_share="30.5",
    innovation="2",
    innovation_text="First of its kind",
)


@pytest.fixture
def project() -> Project:
    plan = factories.plan("SP")
    for kind, code, name in (
        ("driver", "DRV-LEG", "Legislation"),
        ("enabler", "ENB-PAR", "Partnerships"),
        ("inclusion", "SI-GEN", "Gender"),
        ("evaluation_issue", "EVX-CLI", "Climate change"),
        ("tool", "STDM", "Social Tenure Domain Model"),
        ("flagship", "FP3", "RISE UP"),
        ("instrument", "QCPR", "Quadrennial review"),
    ):
        factories.theme(plan, kind, code, name)
    return factories.project(plan, "P1", factories.office("ROAF"))


@pytest.fixture
def rita(project: Project) -> User:
    return factories.user("Rita", Role.REPORTER, project.office)


def held(project: Project) -> set[tuple[str, int | None, str]]:
    rows = ProjectTheme.objects.filter(project=project)
    return set(rows.values_list("theme__code", "marker", "reason"))


def codes(project: Project, by: User, said: Description) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refusal:
        describe_project(project=project, said=said, by=by)
    assert not held(project)
    return [(one.field, one.code) for one in refusal.value.problems]


def test_everything_that_is_said_is_kept(project, rita) -> None:
    saved = describe_project(project=project, said=WHOLE, by=rita)
    assert held(project) == {
        ("DRV-LEG", None, "It drafts planning laws"),
        ("SI-GEN", 2, ""),
        ("EVX-CLI", 0, ""),
        ("STDM", None, ""),
    }
    assert (saved.flagship.code, saved.covid) == ("FP3", "partly")
    assert saved.covid_share == Decimal("30.5")
    assert (saved.innovation, saved.innovation_text) == (2, "First of its kind")
    assert saved.replication is None


def test_not_targeted_is_kept_and_not_examined_is_no_row(project, rita) -> None:
    describe_project(project=project, said=Description(markers={"SI-GEN": 0}), by=rita)
    assert held(project) == {("SI-GEN", 0, "")}


def test_what_is_left_out_is_taken_away_and_told(project, rita) -> None:
    describe_project(project=project, said=WHOLE, by=rita)
    describe_project(project=project, said=Description(markers={"SI-GEN": 1}), by=rita)
    assert held(project) == {("SI-GEN", 1, "")}
    told = ActivityEntry.objects.filter(verb="described").first()
    assert told is not None
    assert told.changes == {
        "flagship": ["FP3", None],
        "covid": ["partly", None],
        "covid_share": ["30.5", None],
        "innovation": ["2", None],
        "innovation_text": ["First of its kind", None],
        "themes.SI-GEN": ["2", "1"],
        "themes.DRV-LEG": ["It drafts planning laws", None],
        "themes.EVX-CLI": ["0", None],
        "themes.STDM": ["yes", None],
    }


def test_saying_the_same_again_changes_nothing(project, rita) -> None:
    first = describe_project(project=project, said=WHOLE, by=rita)
    acts = ActivityEntry.objects.count()
    again = describe_project(project=project, said=WHOLE, by=rita)
    assert (again.version, ActivityEntry.objects.count()) == (first.version, acts)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"named": {"DRV-LEG": "  "}}, ("named.DRV-LEG", "missing_reason")),
        ({"named": {"SI-GEN": "Why"}}, ("named.SI-GEN", "unknown_theme")),
        ({"named": {"NONE": "Why"}}, ("named.NONE", "unknown_theme")),
        ({"named": {"DRV-LEG": "w" * 5001}}, ("named.DRV-LEG", "too_long")),
        ({"markers": {"SI-GEN": 3}}, ("markers.SI-GEN", "unknown_marker")),
        ({"markers": {"SI-GEN": "-1"}}, ("markers.SI-GEN", "unknown_marker")),
        ({"markers": {"DRV-LEG": 1}}, ("markers.DRV-LEG", "unknown_theme")),
        ({"tools": ("QCPR",)}, ("tools", "unknown_theme")),
        ({"flagship": "FP9"}, ("flagship", "unknown_flagship")),
        ({"flagship": "STDM"}, ("flagship", "unknown_flagship")),
        ({"covid": "a bit"}, ("covid", "unknown_answer")),
        ({"covid": "partly"}, ("covid_share", "missing_share")),
        ({"covid": "wholly", "covid_share": "30"}, ("covid_share", "share_without_part")),
        ({"covid_share": "30"}, ("covid_share", "share_without_part")),
        ({"covid": "partly", "covid_share": "0"}, ("covid_share", "share_out_of_range")),
        ({"covid": "partly", "covid_share": "100"}, ("covid_share", "share_out_of_range")),
        ({"covid": "partly", "covid_share": "a third"}, ("covid_share", "not_a_number")),
        ({"innovation": 4, "innovation_text": "A"}, ("innovation", "unknown_score")),
        ({"replication": 0}, ("replication_text", "missing_text")),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_is_kept(project, rita, said, told) -> None:
    assert codes(project, rita, Description(**said)) == [told]


def test_every_problem_is_told_at_once(project, rita) -> None:
    said = Description(named={"DRV-LEG": ""}, markers={"SI-GEN": 7}, covid="partly")
    assert {code for _field, code in codes(project, rita, said)} == {
        "missing_reason",
        "unknown_marker",
        "missing_share",
    }


def test_themes_of_another_plan_are_unknown(project, rita) -> None:
    factories.theme(factories.plan("OTHER"), "driver", "DRV-X", "Elsewhere")
    said = Description(named={"DRV-X": "Why"})
    assert codes(project, rita, said) == [("named.DRV-X", "unknown_theme")]


def test_the_second_of_two_who_change_it_at_once_is_told(project, rita) -> None:
    describe_project(project=project, said=WHOLE, by=rita, version=1)
    with pytest.raises(VersionConflict):
        describe_project(project=project, said=Description(), by=rita, version=1)
    assert held(project)


@pytest.mark.parametrize("role", [Role.READER, Role.REVIEWER, Role.ADMINISTRATOR])
def test_only_who_reports_or_manages_says_what_a_project_is_about(project, role) -> None:
    with pytest.raises(NotAllowed):
        describe_project(
            project=project, said=WHOLE, by=factories.user("Somebody", role, project.office)
        )


def test_the_database_knows_three_markers(project) -> None:
    theme = project.plan.themes.get(code="SI-GEN")
    with pytest.raises(IntegrityError), transaction.atomic():
        ProjectTheme.objects.create(project=project, theme=theme, marker=3)


# --- Pages -----------------------------------------------------------------------------------


@pytest.fixture
def browser(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_what_is_typed_on_the_page_stands_on_the_project_s_page(project, browser) -> None:
    form = {
        "version": "1",
        "flagship": "FP3",
        "covid": "partly",
        "covid_share": "30.5",
        "named.DRV-LEG": "It drafts planning laws",
        "markers.SI-GEN": "2",
        "markers.EVX-CLI": "",
        "tools": ["STDM"],
        "innovation": "",
        "replication": "3",
        "replication_text": "Two cities asked for it",
    }
    shown = text(browser.post(PAGE, form, follow=True))
    for said in (
        "RISE UP",
        "30.5 % of its budget",
        "It drafts planning laws",
        'Gender <span class="small muted">principal</span>',
        'Climate change <span class="small muted">not examined</span>',
        "Social Tenure Domain Model",
        "Two cities asked for it",
    ):
        assert said in shown, said
    assert held(project) == {
        ("DRV-LEG", None, "It drafts planning laws"),
        ("SI-GEN", 2, ""),
        ("STDM", None, ""),
    }


def test_the_page_shows_what_is_kept_and_saves_it_unchanged(project, rita, browser) -> None:
    describe_project(project=project, said=WHOLE, by=rita)
    form = browser.get(PAGE).context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert browser.post(PAGE, sent).status_code == 302
    project.refresh_from_db()
    assert project.version == 2
    assert len(held(project)) == 4


def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(project, browser) -> None:
    form = {"covid": "partly", "named.DRV-LEG": "It drafts planning laws", "version": "1"}
    answer = browser.post(PAGE, form)
    assert answer.status_code == 400
    assert "Say which share of the budget responds to COVID-19" in text(answer)
    assert "It drafts planning laws" in text(answer)
    assert not held(project)


def test_who_was_slower_is_told_and_keeps_the_text(project, rita, browser) -> None:
    describe_project(project=project, said=WHOLE, by=rita)
    answer = browser.post(PAGE, {"version": "1", "named.DRV-LEG": "Another reason"})
    assert answer.status_code == 409
    assert "Somebody changed this meanwhile" in text(answer)
    assert "Another reason" in text(answer)


def test_a_project_nothing_is_said_of_says_so(project, browser) -> None:
    assert "Nothing is said yet" in text(browser.get("/plans/SP/projects/P1/"))


def test_projects_are_found_by_what_they_are_about(project, rita, browser) -> None:
    describe_project(project=project, said=WHOLE, by=rita)
    factories.project(project.plan, "P2", project.office)

    def found(**asked: str) -> list[str]:
        page = browser.get("/plans/SP/projects/", asked).context["page"]
        return [one.code for one in page.rows]

    assert found(theme="DRV-LEG") == ["P1"]
    assert found(theme="SI-GEN") == ["P1"]
    assert found(theme="EVX-CLI") == []  # examined, and not targeted
    assert found(theme="STDM") == ["P1"]
    assert found(flagship="FP3") == ["P1"]
    assert found(covid="yes") == ["P1"]
    assert found(covid="wholly") == []
    assert found(covid="not_examined") == ["P2"]
    assert browser.get("/plans/SP/projects/", {"theme": "QCPR"}).status_code == 400


def test_the_project_s_page_takes_as_many_queries_with_four_themes_as_with_none(
    project, rita, browser
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            browser.get("/plans/SP/projects/P1/")
        return len(asked)

    none = queries()
    describe_project(project=project, said=WHOLE, by=rita)
    assert queries() == none


def test_the_file_of_projects_says_what_they_are_about(project, rita, browser) -> None:
    describe_project(project=project, said=WHOLE, by=rita)
    file = browser.get("/plans/SP/projects.csv").getvalue().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(file)))
    at = next(place for place, row in enumerate(rows) if row[:1] == ["Code"])
    said = dict(zip(rows[at], rows[at + 1], strict=True))
    assert said["Flagship programme"] == "RISE UP"
    assert said["Share of the budget for COVID-19, in percent"] == "30.5"
    assert said["Social inclusion dimension"] == "Gender: Principal"
    assert said["Cross-cutting issue of evaluations"] == ("Climate change: Examined, not targeted")


# --- The API ---------------------------------------------------------------------------------


def test_the_api_says_and_is_told_what_a_project_is_about(project, rita) -> None:
    api = Api(rita)
    at = "plans/SP/projects/P1/"
    body = {"markers": {"SI-GEN": 1}, "covid": "partly", "covid_share": "12.5", "version": 1}
    answer = api.client.put(f"/api/v1/{at}about/", body, format="json")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    row = api.get(at).json()
    assert (row["covid"], row["covid_share"], row["version"]) == ("partly", "12.5", 2)
    assert row["themes"] == [{"kind": "inclusion", "theme": "SI-GEN", "marker": 1, "reason": ""}]


def test_the_api_asks_for_the_version_and_names_each_problem(project, rita) -> None:
    api = Api(rita)
    at = "/api/v1/plans/SP/projects/P1/about/"
    assert refused(api.client.put(at, {}, format="json")) == (400, "missing_version")
    body = {"markers": {"SI-GEN": 5}, "named": {"DRV-LEG": ""}, "version": 1}
    answer = api.client.put(at, body, format="json")
    assert problems(answer) == {
        ("named.DRV-LEG", "missing_reason"),
        ("markers.SI-GEN", "unknown_marker"),
    }
    body = {"markers": {"SI-GEN": 1}, "version": 9}
    assert refused(api.client.put(at, body, format="json")) == (409, "version_conflict")


# --- What an approved document holds ---------------------------------------------------------


@pytest.fixture
def approved() -> Project:
    return life.approved(*life.desk())


@pytest.mark.parametrize(
    ("status", "code"), [("approved", "needs_revision"), ("closed", "project_closed")]
)
def test_what_an_approved_document_or_a_closed_project_says_stays(approved, status, code) -> None:
    Project.objects.update(status=status)
    kept = held(approved)
    rita = factories.user("Rita", Role.REPORTER, approved.office)
    with pytest.raises(DomainError) as refusal:
        describe_project(project=approved, said=Description(), by=rita)
    assert refusal.value.code == code
    answer = Api(rita).client.put(
        "/api/v1/plans/SP/projects/P1/about/", {"version": approved.version}, format="json"
    )
    assert refused(answer) == (409, code)
    assert held(approved) == kept != set()


def test_the_page_of_what_a_document_says_leads_to_a_revision(approved, client) -> None:
    client.force_login(factories.user("Rita", Role.REPORTER, approved.office))
    shown = client.get(PAGE)
    assert "changes with a revision" in text(shown)
    assert 'href="/plans/SP/projects/P1/life/"' in text(shown)
    assert "<textarea" not in text(shown)
    kept = held(approved)
    form = {"version": approved.version, "named.DRV-LEG": "Otherwise"}
    answer = client.post(PAGE, form)
    assert (answer.status_code, held(approved)) == (409, kept)
    assert "Otherwise" in text(answer)  # what was typed is not lost
    assert client.post(PAGE, {}).status_code in (400, 409) and held(approved) == kept


def test_a_project_taken_over_without_a_document_still_says_it_on_the_page(project, rita) -> None:
    assert describe_project(project=project, said=WHOLE, by=rita).version == 2


def test_a_form_without_the_version_that_was_seen_takes_nothing_away(
    project, rita, browser
) -> None:
    describe_project(project=project, said=WHOLE, by=rita)
    kept = held(project)
    assert browser.post(PAGE, {}).status_code == 409
    assert held(project) == kept
