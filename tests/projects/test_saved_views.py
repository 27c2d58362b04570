"""Views of registers that people keep for themselves."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import InvalidInput, NotAllowed
from plans.models import StrategicPlan
from projects.actions import remove_view, save_view
from projects.actions.saved_views import MOST_VIEWS
from projects.choices import Register
from projects.models import SavedView
from tests import factories
from tests.api_client import Api

pytestmark = pytest.mark.django_db
LIST = "/plans/SP/projects/"


@pytest.fixture
def plan() -> StrategicPlan:
    return factories.plan("SP")


@pytest.fixture
def ana() -> User:
    return factories.user("Ana")


def keep(plan: StrategicPlan, by: User, **said: Any) -> SavedView:
    asked = {"register": "projects", "name": "Kenya", "query": "country=KEN"} | said
    return save_view(plan=plan, by=by, **asked)


def codes(plan: StrategicPlan, by: User, **said: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refusal:
        keep(plan, by, **said)
    return [(one.field, one.code) for one in refusal.value.problems]


def test_a_view_keeps_the_filters_that_say_something(plan, ana) -> None:
    view = keep(plan, ana, query="?q=&country=KEN&status=active&after=abc&passed=50&office= ")
    assert view.query == "country=KEN&status=active"


def test_the_same_name_again_replaces_what_it_stood_for(plan, ana) -> None:
    keep(plan, ana)
    keep(plan, ana, name="  Kenya ", query="country=UGA")
    assert SavedView.objects.get().query == "country=UGA"


def test_one_name_may_stand_for_views_of_two_people_and_two_registers(plan, ana) -> None:
    keep(plan, ana)
    keep(plan, ana, register="deliverables")
    keep(plan, factories.user("Ben"))
    assert SavedView.objects.visible_to(ana).count() == 2


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"name": "  "}, ("name", "missing_name")),
        ({"name": "n" * 81}, ("name", "too_long")),
        ({"query": "q=&after=abc"}, ("query", "nothing_chosen")),
        ({"query": f"q={'w' * 1000}"}, ("query", "too_long")),
        ({"register": "songs"}, ("register", "unknown_register")),
    ],
)
def test_what_makes_no_view_is_refused(plan, ana, said, told) -> None:
    assert codes(plan, ana, **said) == [told]
    assert not SavedView.objects.exists()


def test_somebody_keeps_so_many_views_of_a_register(plan, ana) -> None:
    for number in range(MOST_VIEWS):
        keep(plan, ana, name=f"View {number}")
    assert codes(plan, ana, name="One more") == [("name", "too_many_views")]
    keep(plan, ana, name="View 1", query="q=water")


def test_only_who_keeps_a_view_removes_it(plan, ana) -> None:
    view = keep(plan, ana)
    with pytest.raises(NotAllowed):
        remove_view(view=view, by=factories.user("Ben"))
    remove_view(view=view, by=ana)
    assert not SavedView.objects.exists()


# --- The page --------------------------------------------------------------------------------


@pytest.fixture
def browser(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def test_what_is_shown_can_be_kept_and_asked_for_again(plan, ana, browser) -> None:
    assert "Save this view" not in browser.get(LIST).content.decode()
    factories.country("KEN", "Kenya")
    assert "Save this view" in browser.get(LIST, {"country": "KEN"}).content.decode()
    form = {"register": "projects", "name": "In Kenya", "query": "country=KEN"}
    shown = browser.post("/plans/SP/saved-views/", form, follow=True)
    assert shown.redirect_chain == [(f"{LIST}?country=KEN", 302)]
    assert "Remove this view" in shown.content.decode()
    assert '?country=KEN" aria-current="true">In Kenya</a>' in shown.content.decode()


def test_a_refusal_leaves_the_page_as_it_was(plan, browser) -> None:
    form = {"register": "projects", "name": "", "query": "q=water"}
    shown = browser.post("/plans/SP/saved-views/", form, follow=True)
    assert shown.redirect_chain == [(f"{LIST}?q=water", 302)]
    assert "Give the view a name." in shown.content.decode()


def test_a_view_is_removed_on_its_page(plan, ana, browser) -> None:
    view = keep(plan, ana)
    shown = browser.post(f"/plans/SP/saved-views/{view.pk}/remove/", follow=True)
    assert shown.redirect_chain == [(LIST, 302)]
    assert "Kenya" in shown.content.decode()  # said that it was removed
    assert not SavedView.objects.exists()


def test_views_of_others_are_neither_shown_nor_removed(plan, browser) -> None:
    view = keep(plan, factories.user("Ben"), name="Ben's own")
    assert "Ben&#x27;s own" not in browser.get(LIST).content.decode()
    assert browser.post(f"/plans/SP/saved-views/{view.pk}/remove/").status_code == 404
    assert SavedView.objects.filter(pk=view.pk).exists()


# What is asked of each register, and where.
ASKED = {
    "projects": (LIST, "status=active"),
    "deliverables": ("/plans/SP/deliverables/", "kind=publication"),
    "partners": ("/plans/SP/partners/", "kind=foundation"),
    "risks": ("/plans/SP/risks/", "category=funding"),
    "countries": ("/plans/SP/countries/", "cca=done&as_of=2021-01-01"),
    "agreements": ("/plans/SP/agreements/", "ending_within=90"),
}


@pytest.mark.parametrize("register", Register.values)
def test_every_register_keeps_its_own_views(plan, ana, browser, register) -> None:
    page, query = ASKED[register]
    assert "Save this view" in browser.get(f"{page}?{query}").content.decode()
    form = {"register": register, "name": "Mine alone", "query": query}
    shown = browser.post("/plans/SP/saved-views/", form, follow=True)
    assert shown.redirect_chain == [(f"{page}?{query}", 302)]
    link = f'<a href="{page}?{query}" aria-current="true">Mine alone</a>'.replace("&", "&amp;")
    assert link in shown.content.decode()
    for other in set(Register.values) - {register}:
        assert "Mine alone" not in browser.get(ASKED[other][0]).content.decode()
    [kept] = Api(ana).rows("plans/SP/saved-views/", register=register)
    assert (kept["register"], kept["query"]) == (register, query)
    gone = browser.post(f"/plans/SP/saved-views/{kept['id']}/remove/", follow=True)
    assert gone.redirect_chain == [(page, 302)]


def test_the_files_of_risks_are_of_what_the_page_shows(plan, browser) -> None:
    shown = browser.get("/plans/SP/risks/?category=funding").context["query"]
    assert shown == "category=funding"


def test_a_register_that_is_none_has_no_views(plan, browser) -> None:
    form = {"register": "songs", "name": "A", "query": "q=a"}
    assert browser.post("/plans/SP/saved-views/", form).status_code == 404


def test_views_cost_one_query_however_many_there_are(plan, ana, browser) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            browser.get(LIST)
        return len(asked)

    keep(plan, ana)
    one = queries()
    keep(plan, ana, name="Uganda")
    keep(plan, ana, name="Water")
    assert queries() == one


# --- The API ---------------------------------------------------------------------------------


def test_the_api_keeps_lists_and_forgets_views(plan, ana) -> None:
    api = Api(ana)
    body = {"register": "projects", "name": "Kenya", "query": "country=KEN"}
    made = api.post("plans/SP/saved-views/", body)
    assert (made.status_code, made.json()["query"]) == (201, "country=KEN")
    assert [row["name"] for row in api.rows("plans/SP/saved-views/")] == ["Kenya"]
    assert api.rows("plans/SP/saved-views/", register="deliverables") == []
    at = f"/api/v1/plans/SP/saved-views/{made.json()['id']}/"
    assert api.client.delete(at).status_code == 204
    assert api.client.delete(at).status_code == 404


def test_the_api_names_what_is_wrong_with_a_view(plan, ana) -> None:
    body = {"register": "songs", "name": "", "query": ""}
    answer = Api(ana).post("plans/SP/saved-views/", body)
    assert answer.status_code == 400
    assert {one["code"] for one in answer.json()["problems"]} == {
        "unknown_register",
        "missing_name",
        "nothing_chosen",
    }


# --- The register as a file ------------------------------------------------------------------


def test_the_projects_that_are_shown_leave_as_a_file(plan, browser) -> None:
    kenya = factories.country("KEN", "Kenya", factories.office("ROAF"))
    served = factories.outcome(plan, "1.1")
    factories.project(plan, "P1", where=kenya, serves=served, status="active")
    factories.project(plan, "P2", factories.office("ROAP"), status="closed")
    factories.project(plan, "MTR", kind="corporate_source")
    text = browser.get("/plans/SP/projects.csv?office=ROAF").getvalue().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    at = next(place for place, row in enumerate(rows) if row[:1] == ["Code"])
    assert [row[:10] for row in rows[at + 1 :]] == [
        ["P1", "Project P1", "Under way", "", "", "ROAF", "Kenya", "1.1", "", ""]
    ]
    assert ["Office", "Office ROAF"] in [row[:2] for row in rows[:at]]
    whole = browser.get("/plans/SP/projects.csv").getvalue().decode("utf-8-sig")
    assert "P2" in whole
    assert "MTR" not in whole


def test_a_file_of_projects_takes_as_many_queries_for_three_as_for_one(plan, browser) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get("/plans/SP/projects.xlsx").getvalue()[:2] == b"PK"
        return len(asked)

    kenya, served = factories.country(), factories.outcome(plan)
    factories.project(plan, "P1", where=kenya, serves=served)
    one = queries()
    for code in ("P2", "P3"):
        factories.project(plan, code, where=kenya, serves=served)
    assert queries() == one


def test_a_file_of_what_nobody_knows_is_refused(plan, browser) -> None:
    assert browser.get("/plans/SP/projects.csv?status=sung").status_code == 400
