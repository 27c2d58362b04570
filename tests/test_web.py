"""What every page shares: sign-in, refusals, errors, the frame."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from habitat_tracker import navigation, web
from habitat_tracker.accounts.choices import Role
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from habitat_tracker.urls import urlpatterns as site
from tests import factories


def breaks(request: HttpRequest) -> HttpResponse:
    """A page that fails."""
    raise RuntimeError("secret detail")


def refuses(request: HttpRequest) -> HttpResponse:
    """A page that a rule refuses."""
    raise DomainError("The period is closed.", "period_closed")


def forbids(request: HttpRequest) -> HttpResponse:
    """A page that a permission refuses."""
    web.allow(False, "Only a manager may do this.")
    return HttpResponse()


urlpatterns = [
    path("breaks", breaks),
    path("refuses", refuses),
    path("forbids", forbids),
    *site,
]
handler404 = "habitat_tracker.web.page_not_found"
handler500 = "habitat_tracker.web.server_error"
own_addresses = pytest.mark.urls(__name__)


@pytest.fixture
def signed_in(client: Client, db: None) -> Client:
    """A browser of a reader that shows error pages, as in production."""
    client.force_login(factories.user("A Reader"))
    client.raise_request_exception = False
    return client


def test_health_and_sign_in_need_no_account(client: Client, db: None) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/accounts/login/").status_code == 200
    assert client.get("/accounts/password/reset/").status_code == 200


def test_a_partial_request_of_somebody_signed_out_swaps_nothing(client: Client, db: None) -> None:
    response = client.get("/", headers={"HX-Request": "true"})

    assert (response.status_code, response.content) == (401, b"")


def test_nobody_signs_up(client: Client, db: None) -> None:
    response = client.post("/accounts/signup/", {"email": "x@example.org"})

    assert "Accounts are made by administrators" in response.content.decode()


@own_addresses
def test_an_error_has_a_reference_that_is_logged_and_no_trace(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(web.logger, "error", lambda event, **more: logged.append(more))
    response = signed_in.get("/breaks")

    assert response.status_code == 500
    assert logged[0]["reference"] in response.content.decode()
    assert "secret detail" not in response.content.decode()


@own_addresses
@pytest.mark.parametrize(
    ("address", "status", "words"),
    [("/refuses", 409, "The period is closed."), ("/forbids", 403, "Only a manager may do this.")],
)
def test_a_refusal_is_shown_in_its_words(
    signed_in: Client, address: str, status: int, words: str
) -> None:
    page = signed_in.get(address)
    part = signed_in.get(address, headers={"HX-Request": "true"})

    assert (page.status_code, part.status_code) == (status, status)
    assert words in page.content.decode()
    assert words in part.content.decode()
    assert part.headers["HX-Retarget"] == "#messages"


def test_an_unknown_page_is_not_found_in_the_layout(signed_in: Client) -> None:
    response = signed_in.get("/nowhere")

    assert response.status_code == 404
    assert 'class="brand"' in response.content.decode()


def test_an_unknown_address_of_the_api_is_not_found_as_json(signed_in: Client) -> None:
    assert signed_in.get("/api/nowhere").json()["code"] == "not_found"


def test_a_form_without_its_token_is_told_what_to_do(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x"})

    assert response.status_code == 403
    assert "That was not sent" in response.content.decode()


def test_a_problem_stands_beside_its_field() -> None:
    from django import forms

    class Sample(forms.Form):
        value = forms.CharField(required=False)

    form = Sample({"value": "x"})
    web.add_problems(form, InvalidInput.of("value", "not_a_number", "Enter a number."))
    web.add_problems(form, DomainError("It is closed."))
    web.add_problems(form, VersionConflict("Somebody changed this."))

    assert form.errors == {
        "value": ["Enter a number."],
        "__all__": ["It is closed.", "Somebody changed this. Your text is kept."],
    }


def test_who_may_not_do_it_gets_the_page_that_says_so_and_not_a_form(rf: RequestFactory) -> None:
    from django import forms

    form, request = forms.Form({}), rf.get("/")
    for tell in (
        lambda error: web.add_problems(form, error),
        lambda error: web.show_refusal(request, error),
    ):
        with pytest.raises(NotAllowed):
            tell(NotAllowed("Not you."))
    assert not form.errors


@pytest.mark.parametrize(
    ("role", "may"), [(Role.READER, False), (Role.MANAGER, True), (Role.ADMINISTRATOR, True)]
)
def test_set_up_is_for_managers_and_administrators(db: None, role: str, may: bool) -> None:
    assert web.may_set_up(factories.user("Somebody", role)) is may


def test_the_language_is_chosen_with_a_form(signed_in: Client) -> None:
    factories.plan()
    signed_in.post("/language/", {"language": "zh-hans", "next": "/plans/SP/"})
    body = signed_in.get("/plans/SP/").content.decode()

    assert '<html lang="zh-hans" dir="ltr">' in body


def test_the_frame_lists_plans_that_have_dates_and_marks_the_one_at_hand(
    signed_in: Client,
) -> None:
    factories.plan("REAL")
    factories.plan("DEMO", is_demonstration=True)
    context: Any = signed_in.get("/plans/DEMO/").context

    assert [plan.code for plan in context["frame_plans"]] == ["REAL", "DEMO"]
    assert (context["frame_plan"].code, context["is_demonstration"]) == ("DEMO", True)


def test_the_frame_is_empty_for_strangers() -> None:
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    assert navigation.frame(request) == {}


@pytest.mark.parametrize(
    ("view", "section", "page"),
    [
        ("reporting:plan", "Plan", "Progress"),
        ("reporting:outcome", "Plan", "Progress"),
        ("reporting:framework", "Plan", "Global frameworks"),
        ("reporting:region", "Regions", "Regions"),
        ("reporting:country", "Regions", "Countries"),
        ("projects:project", "Projects", "Projects"),
        ("projects:deliverable_add", "Projects", "Deliverables"),
        ("projects:story", "Projects", "Stories of impact"),
        ("reporting:analyses", "Projects", "What projects are about"),
        ("projects:partner_merge", "Partners", "Partners"),
        ("projects:agreement_change", "Partners", "Agreements"),
        ("projects:deferral_end", "Money", "Outcomes put off"),
        ("projects:entry_all", "My work", "My work"),
        ("setup:people", "Set-up", "Set-up"),
        ("reporting:operations", "Set-up", "Set-up"),
    ],
)
def test_each_page_is_in_one_section_beside_its_neighbours(
    view: str, section: str, page: str
) -> None:
    found = navigation.best((*navigation.SECTIONS, navigation.SET_UP), view)
    assert found is not None
    beside = navigation.best(found.pages, view)
    assert beside is not None
    assert (str(found.page.label), str(beside.label)) == (section, page)


def test_a_page_outside_the_sections_is_in_none() -> None:
    assert navigation.best(navigation.SECTIONS, "accounts:profile") is None


def test_every_entry_leads_to_a_page_of_the_plan(db: None) -> None:
    plan = factories.plan()
    for section in (*navigation.SECTIONS, navigation.SET_UP):
        for page in section.pages:
            assert navigation.address(page.view, plan).startswith(f"/plans/{plan.code}/")


def test_a_page_shows_its_section_and_its_neighbours(signed_in: Client) -> None:
    factories.plan()
    context: Any = signed_in.get("/plans/SP/risks/").context

    def current(name: str) -> list[str]:
        return [str(item.label) for item in context[name] if item.is_current]

    assert (current("navigation"), current("section_pages")) == (["Projects"], ["Risks"])
    assert "Set-up" not in [str(item.label) for item in context["navigation"]]


def test_a_section_of_one_page_has_no_second_row(signed_in: Client) -> None:
    factories.plan()
    assert signed_in.get("/plans/SP/my-work/").context["section_pages"] == []


def test_too_many_attempts_to_sign_in_are_told_in_the_layout_of_the_site(
    client: Client, db: None, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    tried = {"login": "nobody@example.org", "password": "wrong"}
    answers = [client.post("/accounts/login/", tried) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert "<h1>Too many attempts</h1>" in answers[1].content.decode()
