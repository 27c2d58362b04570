"""The pages of projects, results, notes and my work."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from plans.actions import close_period
from projects import actions
from projects.choices import Status
from projects.models import Note, Project, Result
from projects.views import work
from tests import factories

pytestmark = pytest.mark.django_db


class Site:
    """A project of the office for Africa, its people, and a browser."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.plan = factories.plan("SP", quarters=2)
        self.outcome = factories.outcome(self.plan)
        self.office = factories.office("ROAF", "Africa")
        self.kenya = factories.country("KEN", "Kenya", self.office)
        self.project = factories.project(self.plan, "P1", self.office, self.kenya, self.outcome)
        self.line = self.add_line()
        self.reporter = factories.user("Rita", Role.REPORTER, self.office)
        self.reviewer = factories.user("Rob", Role.REVIEWER, self.office)
        self.manager = factories.user("Mo", Role.MANAGER, self.office)

    def add_line(self) -> Any:
        return factories.line(self.project, factories.indicator(self.outcome), self.kenya)

    def as_(self, user: User) -> Site:
        self.client.force_login(user)
        return self

    def get(self, path: str, **query: Any) -> str:
        response = self.client.get(f"/plans/SP/{path}", query)
        assert response.status_code == 200, response.status_code
        return response.content.decode()

    def status(self, path: str) -> int:
        return int(self.client.get(f"/plans/SP/{path}").status_code)

    def act(self, row: Any, act: str, **data: Any) -> Any:
        kind = "notes" if isinstance(row, Note) else "results"
        fields = {"act": act, "version": row.version, **data}
        return self.client.post(f"/plans/SP/{kind}/{row.pk}/act/", fields)

    def queries(self, path: str) -> int:
        self.get(path)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            self.get(path)
        return len(asked)


@pytest.fixture
def site(client: Client) -> Site:
    return Site(client)


def status_of(result: Result) -> str:
    return str(type(result)._default_manager.get(pk=result.pk).status)


# --- The register -------------------------------------------------------------------------


def test_the_register_lists_projects_with_office_country_and_outcome(site: Site) -> None:
    page = site.as_(factories.user()).get("projects/")
    for words in ("Project P1", "Africa", "Kenya", "1.1"):
        assert words in page


FILTERS = [
    {"q": "p1 kenya"},
    {"office": "HQ"},
    {"office": "ROAF"},
    {"country": "KEN"},
    {"outcome": "1.1"},
    {"status": "active"},
]


@pytest.mark.parametrize("query", FILTERS)
def test_the_register_is_searched_and_filtered(site: Site, query: dict[str, str]) -> None:
    other = factories.office("ROAP", parent=factories.office("ROAS"))
    factories.project(site.plan, "P2", other, status="closed")
    page = site.as_(factories.user()).get("projects/", **query)
    assert "Project P1" in page
    assert ("Project P2" in page) == (query == {"office": "HQ"})


def test_a_filter_that_is_not_known_is_told_beside_it(site: Site) -> None:
    response = site.as_(factories.user()).client.get("/plans/SP/projects/?office=NOWHERE")
    assert response.status_code == 400
    assert 'class="msg"' in response.content.decode()


def links(page: str) -> dict[str, str]:
    """The query of the previous and of the next page."""
    found = re.findall(r'<a href="([^"]*)" rel="(prev|next)">', page)
    return {side: html.unescape(query) for query, side in found}


def test_a_long_register_has_pages_that_lead_to_each_other(site: Site) -> None:
    for number in range(105):
        factories.project(site.plan, f"X{number:03d}", site.office)
    site.as_(factories.user())
    first = site.get("projects/", status="active", page="2")
    assert "1 to 50 of 106" in first
    second = site.get(f"projects/{links(first)['next']}")
    assert "51 to 100 of 106" in second and "X049" in second and "X048" not in second
    third = site.get(f"projects/{links(second)['next']}")
    assert "101 to 106 of 106" in third
    assert list(links(third)) == ["prev"]
    again = site.get(f"projects/{links(third)['prev']}")
    assert "51 to 100 of 106" in again and "X049" in again and "X099" not in again
    assert "status=active" in links(again)["prev"] and "page=" not in links(again)["prev"]
    begin = site.get(f"projects/{links(again)['prev']}")
    assert "1 to 50 of 106" in begin and "P1" in begin
    assert list(links(begin)) == ["next"]


def test_what_came_meanwhile_moves_no_row_of_the_next_page(site: Site) -> None:
    for number in range(60):
        factories.project(site.plan, f"X{number:02d}", site.office)
    site.as_(factories.user())
    following = links(site.get("projects/"))["next"]
    factories.project(site.plan, "A", site.office)
    page = site.get(f"projects/{following}")
    assert "X49" in page and "X48" not in page
    again = site.get(f"projects/{links(page)['prev']}")
    assert "2 to 51 of 62" in again and "Project A" not in again
    begin = site.get(f"projects/{links(again)['prev']}")
    assert "1 to 50 of 62" in begin and "Project A" in begin


@pytest.mark.parametrize(
    "place", [{"after": "x"}, {"before": "W10"}, {"after": "WyJhIl0"}, {"page": "7"}]
)
def test_a_place_that_is_none_is_the_beginning(site: Site, place: dict[str, str]) -> None:
    page = site.as_(factories.user()).get("projects/", **place, passed="-1")
    assert "Project P1" in page


def test_a_very_long_register_is_counted_no_further_than_it_says(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("habitat_tracker.paging.MOST_COUNTED", 2)
    for _more in range(2):
        factories.project(site.plan, at=site.office)
    assert "More than 2 projects" in site.as_(factories.user()).get("projects/")


@pytest.mark.parametrize("path", ["projects/", "setup/lines/"])
def test_a_later_page_asks_as_many_queries_as_the_first(site: Site, path: str) -> None:
    for _more in range(60):
        factories.project(site.plan, at=site.office)
    site.as_(site.manager)
    following = links(site.get(path))["next"]
    assert site.queries(path) == site.queries(path + following)


LISTS: dict[str, Callable[[Site], Any]] = {
    "projects/": lambda site: factories.project(
        site.plan, at=site.office, where=site.kenya, serves=site.outcome
    ),
    "projects/P1/": lambda site: factories.report(site.add_line(), 5),
    "my-work/": lambda site: factories.report(site.add_line(), 5, to="submitted"),
    "setup/lines/": lambda site: factories.project(site.plan, at=site.office),
    "setup/lines/P1/": lambda site: site.add_line(),
}


@pytest.mark.parametrize("path", LISTS)
def test_longer_lists_ask_no_more_queries(site: Site, path: str) -> None:
    site.as_(factories.user("Everything", Role.REVIEWER))
    for role in (Role.REPORTER, Role.MANAGER):
        factories.OfficeRole.objects.create(
            user=User.objects.get(name="Everything"), office=factories.headquarters(), role=role
        )
    LISTS[path](site)
    one = site.queries(path)
    for _more in range(2):
        LISTS[path](site)
    assert site.queries(path) == one


# --- A project -----------------------------------------------------------------------------


def test_states_are_told_apart(site: Site) -> None:
    factories.report(site.line, 0, at="2020-Q1")
    factories.report(site.add_line(), None, at="2020-Q1", state="not_applicable")
    factories.report(site.add_line(), None, at="2020-Q1", state="not_available")
    page = site.as_(factories.user()).get("projects/P1/")
    for words in ("not applicable", "not available", "overdue", "not expected", ">0</a>"):
        assert words in page


def test_a_draft_is_seen_within_its_office_only(site: Site) -> None:
    factories.report(site.line, 77, to="draft")
    assert ">77</a>" in site.as_(site.manager).get("projects/P1/")
    outsider = factories.user("Out", Role.REPORTER, factories.office("ROAP"))
    assert ">77</a>" not in site.as_(outsider).get("projects/P1/")


def test_what_a_closed_period_lacks_is_not_reported(site: Site) -> None:
    close_period(period=factories.period(site.plan), by=factories.user("B", Role.MANAGER))
    assert "not reported" in site.as_(site.reporter).get("projects/P1/")


def fields(**changed: Any) -> dict[str, Any]:
    return {
        "code": "NEW",
        "title": "Clean water",
        "office": "ROAF",
        "status": "active",
        "reason": "Approved under the plan before",
        "countries": ["KEN"],
        "start": "2020-01-01",
        "end": "2021-12-31",
        "rank_1.1": "primary",
        **changed,
    }


def test_a_manager_adds_a_project(site: Site) -> None:
    response = site.as_(site.manager).client.post("/plans/SP/add-project/", fields())
    assert response.headers["Location"] == "/plans/SP/projects/NEW/"
    made = Project.objects.get(code="NEW")
    assert (str(made.title), [one.rank for one in made.alignments.all()]) == (
        "Clean water",
        ["primary"],
    )


def test_the_life_of_a_project_that_was_taken_over_says_so(site: Site) -> None:
    site.as_(site.manager).client.post("/plans/SP/add-project/", fields())
    page = site.get("projects/NEW/life/")
    said = f"Taken over without a proposal, by {site.manager}, on "
    assert said in page and "because: Approved under the plan before" in page
    assert "by the system" in site.get("projects/P1/life/")


def test_a_manager_changes_a_project_and_keeps_its_other_languages(site: Site) -> None:
    Project.objects.update(title={"en": "Water", "zh": "水"})
    changed = Project.objects.get(code="P1")
    site.as_(site.manager)
    assert 'value="Water"' in site.get("projects/P1/edit/")
    factories.outcome(changed.plan, "3.1")
    site.client.post(
        "/plans/SP/projects/P1/edit/", fields(**{"rank_1.1": "", "rank_3.1": "primary"})
    )
    changed.refresh_from_db()
    assert changed.title == {"en": "Clean water", "zh": "水"}
    assert [one.outcome.code for one in changed.alignments.all()] == ["3.1"]


BAD_PROJECTS = [
    ({"code": "P1"}, "code"),
    ({"code": "a b"}, "code"),
    ({"title": " "}, "title"),
    ({"office": "ROAP"}, "office"),
    ({"end": "2019-01-01"}, "end"),
    ({"end": "yesterday"}, "end"),
    ({"countries": ["XXX"]}, "countries"),
    ({"reason": " "}, "reason"),
    ({"status": "pipeline"}, "status"),
]


@pytest.mark.parametrize(("changed", "field"), BAD_PROJECTS)
def test_a_bad_project_is_told_beside_its_field(
    site: Site, changed: dict[str, Any], field: str
) -> None:
    factories.office("ROAP")
    site.as_(site.manager)
    response = site.client.post("/plans/SP/add-project/", fields(**changed))
    assert (response.status_code, list(response.context["form"].errors)) == (400, [field])
    assert Project.objects.count() == 1


@pytest.mark.parametrize("path", ["add-project/", "projects/P1/edit/"])
def test_only_managers_change_projects(site: Site, path: str) -> None:
    assert site.as_(site.manager).status(path) == 200
    for user in (site.reporter, site.reviewer, factories.user()):
        assert site.as_(user).status(path) == 403
    outside = factories.user("Out", Role.MANAGER, factories.office("ROAP"))
    assert site.as_(outside).status("projects/P1/edit/") == 403


# --- A result ------------------------------------------------------------------------------


def test_a_result_shows_content_evidence_history_and_revisions(site: Site) -> None:
    first = factories.report(site.line, 5, narrative="Wells were dug.")
    second = factories.report(site.line, 7, to="draft")
    actions.add_evidence(
        to=second, kind="document", title="Minutes", by=User.objects.get(name="Reporter")
    )
    page = site.as_(site.reporter).get(f"results/{second.pk}/")
    assert "Minutes" in page and "began a correction" in page
    assert f"/results/{first.pk}/" in page and "Revision 2" in page
    assert "Wells were dug." in site.get(f"results/{first.pk}/")


def acts(page: str) -> set[str]:
    """What a page offers to do."""
    parts = page.split('name="act" value="')[1:]
    found = {part.split('"')[0] for part in parts}
    links = {"change": "Change it"}
    return found | {name for name, words in links.items() if words in page}


OFFERED = [
    ("draft", "reporter", {"submit", "withdraw", "change"}),
    ("draft", "reviewer", {"withdraw"}),
    ("draft", "manager", set()),
    ("submitted", "reporter", {"recall", "withdraw"}),
    ("submitted", "reviewer", {"approve", "return", "withdraw"}),
    ("approved", "reporter", {"correct"}),
    ("approved", "reviewer", {"withdraw"}),
    ("approved", "manager", set()),
]


@pytest.mark.parametrize(("to", "who", "offered"), OFFERED)
def test_a_result_offers_what_one_may_do(site: Site, to: str, who: str, offered: set[str]) -> None:
    result = factories.report(site.line, 5, to=to)
    page = site.as_(getattr(site, who)).get(f"results/{result.pk}/")
    assert acts(page) == offered


def test_a_closed_period_offers_nothing(site: Site) -> None:
    result = factories.report(site.line, 5)
    close_period(period=factories.period(site.plan), by=factories.user("B", Role.MANAGER))
    page = site.as_(site.reviewer).get(f"results/{result.pk}/")
    assert acts(page) == set() and "is closed" in page


def test_a_result_goes_through_its_review_on_pages(site: Site) -> None:
    result = factories.report(site.line, 5, to="draft")
    factories.review_in_two_steps(site.plan)
    steps = [
        (site.reporter, "submit", {}, Status.SUBMITTED),
        (site.reporter, "recall", {}, Status.DRAFT),
        (site.reporter, "submit", {}, Status.SUBMITTED),
        (site.reviewer, "return", {"reason": "Add proof"}, Status.RETURNED),
        (site.reporter, "submit", {}, Status.SUBMITTED),
        (site.reviewer, "verify", {}, Status.VERIFIED),
        (factories.user("Hugo", Role.REVIEWER), "approve", {}, Status.APPROVED),
        (site.reviewer, "withdraw", {"reason": "Wrong"}, Status.WITHDRAWN),
    ]
    for user, act, data, status in steps:
        result.refresh_from_db()
        assert site.as_(user).act(result, act, **data).status_code == 302
        assert status_of(result) == status


@pytest.mark.parametrize("act", ["return", "withdraw"])
def test_a_missing_reason_is_told_beside_its_field(site: Site, act: str) -> None:
    result = factories.report(site.line, 5, to="submitted")
    response = site.as_(site.reviewer).act(result, act, reason=" ")
    page = response.content.decode()
    assert response.status_code == 400 and 'aria-invalid="true"' in page
    assert status_of(result) == Status.SUBMITTED


def test_what_changed_meanwhile_is_not_approved_and_the_text_is_kept(site: Site) -> None:
    result = factories.report(site.line, 5, to="submitted")
    site.as_(site.reviewer)
    response = site.act(result, "return", version=1, reason="My long reason")
    assert response.status_code == 409
    assert "meanwhile; look at it again" in response.content.decode()
    assert "My long reason" in response.content.decode()
    assert status_of(result) == Status.SUBMITTED


def test_what_one_may_not_do_is_refused(site: Site) -> None:
    result = factories.report(site.line, 5, to="submitted")
    for user in (site.reporter, site.manager):
        assert site.as_(user).act(result, "approve").status_code == 403
    assert site.as_(site.reviewer).act(result, "delete").status_code == 404
    assert status_of(result) == Status.SUBMITTED


def test_who_sees_a_result(site: Site) -> None:
    draft = factories.report(site.line, 5, to="draft")
    done = factories.report(site.add_line(), 5)
    outside = factories.user("Out", Role.ADMINISTRATOR, factories.office("ROAP"))
    nobody = factories.user("None", None)
    inside = factories.user("In", Role.READER, site.office)
    seen = {
        user.name: (
            site.as_(user).status(f"results/{draft.pk}/"),
            site.status(f"results/{done.pk}/"),
        )
        for user in (outside, nobody, inside)
    }
    assert seen == {"Out": (404, 200), "None": (404, 200), "In": (200, 200)}
    assert site.as_(outside).act(draft, "submit").status_code == 404
    site.client.logout()
    assert site.status(f"results/{done.pk}/") == 302


def test_a_result_of_another_plan_is_not_found(site: Site) -> None:
    factories.plan("OTHER")
    result = factories.report(site.line, 5)
    site.as_(site.reviewer)
    assert site.client.get(f"/plans/OTHER/results/{result.pk}/").status_code == 404


def test_one_is_sent_back_to_where_one_came_from_and_nowhere_else(site: Site) -> None:
    result = factories.report(site.line, 5, to="submitted")
    site.as_(site.reviewer)
    response = site.act(result, "return", reason="Why", next="https://evil.example/")
    assert response.headers["Location"] == f"/plans/SP/results/{result.pk}/"
    [result] = actions.submit(rows=[result], by=site.reporter)
    response = site.act(result, "approve", next="/plans/SP/my-work/#review")
    assert response.headers["Location"] == "/plans/SP/my-work/#review"


def test_evidence_is_downloaded_by_who_may_see_it(site: Site) -> None:
    draft = factories.report(site.line, 5, to="draft")
    paper = SimpleUploadedFile("Réport 1.pdf", b"%PDF-1")
    kept = actions.add_evidence(to=draft, kind="file", title="", file=paper, by=site.reporter)
    url = f"/plans/SP/evidence/{kept.pk}/"
    response = site.as_(site.reviewer).client.get(url)
    assert b"".join(response.streaming_content) == b"%PDF-1"  # type: ignore[attr-defined]
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Type"] == "application/octet-stream"
    outside = factories.user("Out", Role.REVIEWER, factories.office("ROAP"))
    assert site.as_(outside).client.get(url).status_code == 404
    site.client.logout()
    assert site.client.get(url).status_code == 302


def test_what_people_type_is_shown_as_text(site: Site) -> None:
    script = "<script>alert(1)</script>"
    result = factories.report(site.line, 5, to="draft", narrative=script)
    page = site.as_(site.reporter).get(f"results/{result.pk}/")
    assert script not in page and "&lt;script&gt;" in page


# --- Notes ---------------------------------------------------------------------------------


def test_a_note_is_read_and_reviewed(site: Site) -> None:
    note = actions.save_note(
        by=site.reporter,
        project=site.project,
        key="n1",
        period=factories.period(site.plan),
        outcome=site.outcome,
        text={"en": "Partners asked for more."},
    )
    site.as_(site.reporter).act(note, "submit")
    note.refresh_from_db()
    assert "Partners asked" in site.as_(site.reviewer).get("projects/P1/")
    assert acts(site.get(f"notes/{note.pk}/")) == {"approve", "return", "withdraw"}
    assert "Partners asked" in site.get("my-work/")
    site.act(note, "approve")
    assert status_of(note) == Status.APPROVED  # type: ignore[arg-type]
    assert site.as_(factories.user(role=None)).status(f"notes/{note.pk}/") == 200


def test_a_project_that_has_ended_shows_its_last_results(site: Site) -> None:
    site.line.expected_to = factories.period(site.plan, "2020-Q1").end
    site.line.save()
    factories.report(site.line, 5, at="2020-Q1")
    page = site.as_(site.reporter).client.get("/plans/SP/projects/P1/")
    assert [period.label for period in page.context["periods"]] == ["2020-Q1"]
    every = site.client.get("/plans/SP/projects/P1/?all=1")
    assert len(every.context["periods"]) > 1


# --- My work -------------------------------------------------------------------------------


def test_a_reporter_sees_what_is_owed_and_what_came_back(site: Site) -> None:
    returned = factories.report(site.add_line(), 5, to="submitted")
    actions.send_back(rows=[returned], by=site.reviewer, reason="Which wells?")
    page = site.as_(site.reporter).get("my-work/")
    assert "/projects/P1/results/2020-Q1/" in page and "days late" in page
    assert "Which wells?" in page
    assert "Waiting for my review" not in page


def test_what_is_in_or_not_expected_is_not_owed(site: Site) -> None:
    site.as_(site.reporter)
    factories.report(site.line, 5, at="2020-Q1", to="submitted")
    factories.report(site.line, 5, at="2020-Q2", to="submitted")
    assert site.client.get("/plans/SP/my-work/").context["owed"] == []


def test_what_is_not_applicable_is_no_longer_owed(site: Site) -> None:
    factories.report(site.line, None, at="2020-Q1", state="not_applicable")
    context = site.as_(site.reporter).client.get("/plans/SP/my-work/").context
    assert context["owed"] == []


def test_an_outsider_owes_nothing(site: Site) -> None:
    outside = factories.user("Out", Role.REPORTER, factories.office("ROAP"))
    assert site.as_(outside).client.get("/plans/SP/my-work/").context["owed"] == []


def test_somebody_without_a_role_is_told_who_gives_one(site: Site) -> None:
    assert "An administrator of your office" in site.as_(factories.user()).get("my-work/")


def test_a_long_queue_is_read_from_either_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MOST_LISTED", 2)
    lines = [site.line, *(site.add_line() for _each in range(2))]
    sent = [factories.report(line, 5, to="submitted") for line in lines]
    site.as_(site.reviewer)

    def shown(**query: Any) -> list[int]:
        page = site.client.get("/plans/SP/my-work/", query)
        return [one.row.pk for one in page.context["queue"].rows]

    assert shown() == [sent[0].pk, sent[1].pk]
    assert shown(page="2") == [sent[2].pk]
    assert shown(order="newest") == [sent[2].pk, sent[1].pk]
    assert shown(page="nothing") == shown(page="0") == shown()
    assert "page=2#review" in site.get("my-work/")


def test_a_reviewer_approves_those_ticked_together(site: Site) -> None:
    first = factories.report(site.line, 5, to="submitted")
    second = factories.report(site.add_line(), 6, to="submitted")
    site.as_(site.reviewer)
    assert f'value="{first.pk}:{first.version}"' in site.get("my-work/")
    ticked = [f"{one.pk}:{one.version}" for one in (first, second)]
    page = site.client.post("/plans/SP/my-work/approve/", {"result": ticked}, follow=True)
    assert "2 results were approved" in page.content.decode()
    assert status_of(first) == status_of(second) == Status.APPROVED


def test_ticked_results_are_approved_all_or_none(site: Site) -> None:
    first = factories.report(site.line, 5, to="submitted")
    second = factories.report(site.add_line(), 6, to="submitted")
    site.as_(site.reviewer)
    ticked = [f"{first.pk}:{first.version}", f"{second.pk}:1"]
    page = site.client.post("/plans/SP/my-work/approve/", {"result": ticked}, follow=True)
    assert "meanwhile; look at it again" in page.content.decode()
    assert status_of(first) == status_of(second) == Status.SUBMITTED


@pytest.mark.parametrize("ticked", [[], ["x"], ["1"], ["9999999:1"], ["²:1"]])
def test_nothing_ticked_is_told(site: Site, ticked: list[str]) -> None:
    site.as_(site.reviewer)
    page = site.client.post("/plans/SP/my-work/approve/", {"result": ticked}, follow=True)
    assert "Tick the results" in page.content.decode()


def test_only_reviewers_approve_those_ticked(site: Site) -> None:
    result = factories.report(site.line, 5, to="submitted")
    ticked = {"result": f"{result.pk}:{result.version}"}
    url = "/plans/SP/my-work/approve/"
    assert site.as_(site.reporter).client.post(url, ticked).status_code == 403
    assert status_of(result) == Status.SUBMITTED


def test_ones_own_work_waits_for_somebody_else(site: Site) -> None:
    factories.OfficeRole.objects.create(user=site.reviewer, office=site.office, role=Role.REPORTER)
    entry = actions.ResultInput(line=site.line, period=factories.period(site.plan), value=5)
    mine = actions.save_results(entries=[entry], by=site.reviewer)
    actions.submit(rows=mine, by=site.reviewer)
    page = site.as_(site.reviewer).get("my-work/")
    assert "You entered it; somebody else reviews it." in page
    assert 'type="checkbox"' not in page
