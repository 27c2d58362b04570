"""What people of other offices, strangers and authors try and do not get."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from knox.models import AuthToken

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import NotAllowed
from plans.actions import close_period
from projects import actions
from projects.choices import EvidenceKind
from projects.models import Evidence, Result
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db

# What stands only in a result that is not approved.
SECRET = "Nobody elsewhere reads this"


class World:
    """A submitted result of the office for Africa with evidence, and a copy of its plan's codes."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP")
        self.other_plan = factories.plan("OTHER")
        self.africa, self.asia = factories.office("ROAF"), factories.office("ROAP")
        self.kenya = factories.country("KEN", "Kenya", self.africa)
        outcome = factories.outcome(self.plan)
        self.indicator = factories.indicator(outcome, "CITIES", kind="distinct")
        self.project = factories.project(self.plan, "P1", self.africa, self.kenya, outcome)
        self.line = factories.line(self.project, self.indicator, self.kenya)
        self.rita = factories.user("Rita", Role.REPORTER, self.africa)
        self.result = self.draft()
        self.evidence = actions.add_evidence(
            to=self.result,
            kind=EvidenceKind.FILE,
            title=SECRET,
            by=self.rita,
            file=SimpleUploadedFile("a.txt", SECRET.encode()),
        )
        actions.submit(rows=[self.result], by=self.rita)

    def draft(self, at: str = "2020-Q1") -> Result:
        entry = actions.ResultInput(
            line=self.line,
            period=factories.period(self.plan, at),
            things=[SECRET],
            unnamed="987",
            narrative=SECRET,
        )
        return actions.save_results(entries=[entry], by=self.rita)[0]


@pytest.fixture(scope="module")
def made(shared_rows: Path) -> World:
    return World()


@pytest.fixture
def world(made: World, db: None) -> World:
    return deepcopy(made)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- What is not approved stays in its office -----------------------------------------------


@pytest.mark.parametrize("role", [None, *Role.values])
def test_people_of_another_office_reach_nothing_that_is_not_approved(
    world: World, role: str | None
) -> None:
    stranger = factories.user("Stranger", role, world.asia)
    client, api = signed_in(stranger), Api(stranger)
    one = f"results/{world.result.pk}/"
    for path in (one, f"evidence/{world.evidence.pk}/"):
        assert client.get(f"/plans/SP/{path}").status_code == 404
    for path in (one, f"{one}evidence/{world.evidence.pk}/file/"):
        assert api.get(f"plans/SP/{path}").status_code == 404
    for act in ("submit", "recall", "verify", "return", "approve", "withdraw"):
        asked = {"act": act, "reason": "x", "version": 2}
        assert client.post(f"/plans/SP/{one}act/", asked).status_code == 404
        assert api.post(f"plans/SP/{one}{act}/", {"version": 2}).status_code == 404
    ticked = {"result": f"{world.result.pk}:2"}
    assert client.post("/plans/SP/my-work/approve/", ticked).status_code == 302
    assert Result.objects.get().status == "submitted"
    assert api.rows("plans/SP/results/") == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "my-work/",
        "projects/",
        "projects/P1/",
        "outcomes/1.1/",
        "indicators/CITIES/",
        "figures/CITIES/why?period=2020-Q1&basis=official",
        "figures/CITIES/why?period=2020-Q1&basis=provisional",
        "figures/CITIES/why?period=2020-Q1&basis=provisional&scope=KEN",
        "setup/lines/P1/",
    ],
)
def test_no_page_shows_what_another_office_has_not_approved(world: World, path: str) -> None:
    page = signed_in(factories.user("Asa", Role.REVIEWER, world.asia)).get(f"/plans/SP/{path}")
    assert page.status_code == 200
    assert SECRET not in page.content.decode()


def test_lineage_tells_nothing_of_a_hidden_result_but_what_it_adds(world: World) -> None:
    asa = factories.user("Asa", Role.READER, world.asia)
    address = "/plans/SP/figures/CITIES/why?period=2020-Q1&basis=provisional"
    page = signed_in(asa).get(address).content.decode()
    assert "A result of another office that is not yet approved" in page
    assert f"result{world.result.pk}" not in page
    assert "987 unnamed" not in page


@pytest.mark.parametrize("state", ["not_available", "not_applicable"])
def test_lineage_names_nobody_who_said_unapproved_that_there_is_nothing(
    world: World, state: str
) -> None:
    entry = actions.ResultInput(
        line=world.line, period=factories.period(world.plan, "2020-Q2"), state=state
    )
    actions.submit(rows=actions.save_results(entries=[entry], by=world.rita), by=world.rita)
    address = "/plans/SP/figures/CITIES/why?period=2020-Q2&basis=provisional"
    stranger = factories.user("Asa", Role.READER, world.asia)
    assert "projects/P1/" in signed_in(world.rita).get(address).content.decode()
    page = signed_in(stranger).get(address).content.decode()
    assert "projects/P1/" not in page
    assert "A result of another office that is not yet approved" in page


def test_an_address_of_one_plan_opens_nothing_of_another(world: World) -> None:
    chief = factories.user("Chief", Role.REVIEWER)
    client, api = signed_in(chief), Api(chief)
    for path in (f"results/{world.result.pk}/", f"evidence/{world.evidence.pk}/"):
        assert client.get(f"/plans/SP/{path}").status_code == 200
        assert client.get(f"/plans/OTHER/{path}").status_code == 404
    assert api.get(f"plans/OTHER/results/{world.result.pk}/").status_code == 404
    act = client.post(f"/plans/OTHER/results/{world.result.pk}/act/", {"act": "approve"})
    assert act.status_code == 404


# --- Nobody approves what they made ----------------------------------------------------------


def reviewing_reporter(world: World) -> User:
    """Somebody who may both report and review."""
    both = factories.user("Both", Role.REPORTER, world.africa)
    world.africa.roles.create(user=both, role=Role.REVIEWER)
    return both


def test_who_adds_or_takes_away_evidence_is_an_author(world: World) -> None:
    both = reviewing_reporter(world)
    added = world.draft("2020-Q2")
    link = {"kind": "link", "url": "https://example.org/"}
    answer = Api(both).post(f"plans/SP/results/{added.pk}/evidence/", link)
    assert answer.status_code == 201
    removed = world.draft("2020-Q3")
    kept = actions.add_evidence(
        to=removed, kind=EvidenceKind.LINK, title="", url="https://example.org/", by=world.rita
    )
    actions.remove_evidence(evidence=kept, by=both)
    for result in (added, removed):
        actions.submit(rows=[result], by=world.rita)
        approve = Api(both).post(f"plans/SP/results/{result.pk}/approve/")
        assert refused(approve) == (403, "own_result")


@pytest.mark.parametrize("act", [actions.verify, actions.approve])
def test_who_became_an_author_meanwhile_is_refused(world: World, act: Any) -> None:
    both = reviewing_reporter(world)
    seen = Result.objects.prefetch_related("authors").get()
    assert both not in seen.authors.all()
    actions.recall(rows=[world.result], by=both)
    actions.submit(rows=[world.result], by=both)
    with pytest.raises(NotAllowed) as error:
        act(rows=[seen], by=both)
    assert error.value.code == "own_result"


def test_a_superuser_does_not_approve_their_own(world: World) -> None:
    root = User.objects.create_superuser("root@example.org", "a-long-password")
    result = world.draft("2020-Q2")
    actions.submit(rows=[result], by=root)
    approve = Api(root).post(f"plans/SP/results/{result.pk}/approve/")
    assert refused(approve) == (403, "own_result")


def test_evidence_is_not_touched_in_a_closed_period(world: World) -> None:
    draft = world.draft("2020-Q2")
    period = factories.period(world.plan, "2020-Q2")
    close_period(period=period, by=factories.user("Mo", Role.MANAGER))
    link = {"kind": "link", "url": "https://example.org/"}
    answer = Api(world.rita).post(f"plans/SP/results/{draft.pk}/evidence/", link)
    assert refused(answer) == (409, "period_closed")
    assert Evidence.objects.count() == 1


def test_evidence_is_not_added_to_what_was_submitted_meanwhile(world: World) -> None:
    seen = world.draft("2020-Q2")
    actions.submit(rows=[Result.objects.get(pk=seen.pk)], by=world.rita)
    with pytest.raises(Exception, match="recall it"):
        actions.add_evidence(
            to=seen, kind=EvidenceKind.LINK, title="", url="https://example.org/", by=world.rita
        )


# --- Accounts --------------------------------------------------------------------------------


def test_nobody_takes_the_address_of_a_colleague_who_is_yet_to_come() -> None:
    """An invitation finds an account by its address: whoever held it would get the role."""
    reader = factories.user("Reader")
    client = signed_in(reader)
    wanted = "new.administrator@example.org"
    added = client.post("/accounts/email/", {"action_add": "", "email": wanted})
    client.post("/accounts/email/", {"action_primary": "", "email": wanted})
    assert (added.status_code, client.get("/accounts/email/").status_code) == (404, 404)
    assert client.get("/accounts/confirm-email/x/").status_code == 404
    assert not EmailAddress.objects.filter(email=wanted).exists()


def test_a_new_password_ends_the_tokens_of_the_old_one() -> None:
    reader = factories.user("Reader")
    AuthToken.objects.create(user=reader)
    changed = signed_in(reader).post(
        "/accounts/password/change/",
        {
            "oldpassword": "a-long-password",
            "password1": "another-long-one-7",
            "password2": "another-long-one-7",
        },
    )
    assert changed.status_code == 302
    assert not AuthToken.objects.exists()


def test_no_cache_keeps_a_page_without_asking(world: World) -> None:
    client = signed_in(world.rita)
    result = f"/plans/SP/results/{world.result.pk}/"
    file = f"/plans/SP/evidence/{world.evidence.pk}/"
    for path in (result, file, "/plans/SP/my-work/", "/plans/SP/", "/api/v1/plans/"):
        kept = client.get(path).headers["Cache-Control"]
        assert {"private", "no-cache"} <= set(kept.split(", "))


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_an_act(world: World, back: str) -> None:
    client = signed_in(world.rita)
    act = {"act": "recall", "next": back}
    response = client.post(f"/plans/SP/results/{world.result.pk}/act/", act)
    assert response.headers["Location"] == f"/plans/SP/results/{world.result.pk}/"


@pytest.mark.parametrize("back", ["999", "account_logout"])
def test_an_address_to_go_back_to_is_never_a_name(world: World, back: str) -> None:
    client = signed_in(world.rita)
    act = {"act": "recall", "next": back}
    response = client.post(f"/plans/SP/results/{world.result.pk}/act/", act)
    assert response.headers["Location"] == back
