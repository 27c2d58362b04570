"""A closed period takes nothing in, whichever way it comes, but for a project that is let in."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry
from habitat_tracker.errors import DomainError, InvalidInput
from plans.actions import close_period, reopen_period
from projects import actions
from projects.actions import ResultInput
from projects.models import Evidence, LateEntry, Note, ProjectIndicator, Result
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db


class World:
    """A project with a result of each kind in a period that was closed."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP")
        self.office = factories.office("ROAF")
        self.outcome = factories.outcome(self.plan)
        self.project = factories.project(self.plan, "P1", self.office, serves=self.outcome)
        self.manager = factories.user("Mia", Role.MANAGER)
        self.rita = factories.user("Rita", Role.REPORTER, self.office)
        self.rob = factories.user("Rob", Role.REVIEWER, self.office)
        self.period = factories.period(self.plan)
        self.empty = self.line()
        self.draft = factories.report(self.line(), 1, to="draft")
        self.pending = factories.report(self.line(), 2, to="submitted")
        self.done = factories.report(self.line(), 3)
        self.paper = actions.add_evidence(
            to=self.draft, kind="document", title="Minutes", by=self.rita
        )
        self.note = self.written("draft")
        self.sent_note = actions.submit(rows=[self.written("sent")], by=self.rita)[0]
        self.told_note = actions.approve(
            rows=actions.submit(rows=[self.written("told")], by=self.rita), by=self.rob
        )[0]
        self.period = close_period(period=self.period, by=self.manager)

    def written(self, key: str) -> Note:
        return actions.save_note(
            by=self.rita, project=self.project, key=key, period=self.period, text={"en": key}
        )

    def line(self) -> ProjectIndicator:
        indicator = factories.indicator(self.outcome)
        return factories.line(self.project, indicator, expected_from=date(2020, 1, 1))

    def entry(self, **content: Any) -> ResultInput:
        return ResultInput(line=self.empty, period=self.period, value="5", **content)

    def let_in(self, days: int = 5, **other: Any) -> LateEntry:
        asked = {
            "project": self.project,
            "period": self.period,
            "until": timezone.localdate() + timedelta(days=days),
            "reason": "The office was flooded",
            "by": self.manager,
        }
        return actions.allow_late_entry(**(asked | other))

    def ways_in(self) -> dict[str, Callable[[], Any]]:
        """Every write on results, their evidence and notes."""
        w = self
        return {
            "enter": lambda: actions.save_results(entries=[w.entry()], by=w.rita),
            "submit": lambda: actions.submit(rows=[w.draft], by=w.rita),
            "recall": lambda: actions.recall(rows=[w.pending], by=w.rita),
            "return": lambda: actions.send_back(rows=[w.pending], by=w.rob, reason="Why"),
            "verify": lambda: (
                factories.review_in_two_steps(w.plan),
                actions.verify(rows=[w.pending], by=w.rob),
            ),
            "approve": lambda: actions.approve(rows=[w.pending], by=w.rob),
            "withdraw": lambda: actions.withdraw(rows=[w.done], by=w.rob, reason="Why"),
            "correct": lambda: actions.begin_correction(result=w.done, reason="Why", by=w.rita),
            "add evidence": lambda: actions.add_evidence(
                to=w.draft, kind="document", title="Photos", by=w.rita
            ),
            "replace evidence": lambda: actions.replace_evidence(
                evidence=w.paper, kind="document", title="Photos", by=w.rita
            ),
            "take evidence away": lambda: actions.remove_evidence(evidence=w.paper, by=w.rita),
            "write a note": lambda: w.written("new"),
            "change a note": lambda: actions.save_note(
                by=w.rita, project=w.project, key="draft", period=w.period, text={"en": "More"}
            ),
            "submit a note": lambda: actions.submit(rows=[w.note], by=w.rita),
            "recall a note": lambda: actions.recall(rows=[w.sent_note], by=w.rita),
            "return a note": lambda: actions.send_back(rows=[w.sent_note], by=w.rob, reason="Why"),
            "approve a note": lambda: actions.approve(rows=[w.sent_note], by=w.rob),
            "withdraw a note": lambda: actions.withdraw(rows=[w.told_note], by=w.rob, reason="Why"),
            "stand behind a note": lambda: actions.add_evidence(
                to=w.note, kind="document", title="Photos", by=w.rita
            ),
        }

    def pages(self) -> dict[str, tuple[Any, str, dict[str, Any]]]:
        """Every form of a page that would write, by who sends it, where, with what."""
        w, plan, cell = self, "/plans/SP/", f"l{self.empty.pk}-"
        grid = f"{plan}projects/P1/results/2020-Q1/"
        typed = {f"{cell}version": "0", f"{cell}state": "reported", f"{cell}value": "5"}
        draft = f"{plan}results/{w.draft.pk}/"
        acts: dict[str, tuple[Any, Any, str]] = {
            "submit": (w.rita, w.draft, "submit"),
            "recall": (w.rita, w.pending, "recall"),
            "correct": (w.rita, w.done, "correct"),
            "return": (w.rob, w.pending, "return"),
            "approve": (w.rob, w.pending, "approve"),
            "withdraw": (w.rob, w.done, "withdraw"),
            "submit a note": (w.rita, w.note, "submit"),
            "recall a note": (w.rita, w.sent_note, "recall"),
            "return a note": (w.rob, w.sent_note, "return"),
            "approve a note": (w.rob, w.sent_note, "approve"),
            "withdraw a note": (w.rob, w.told_note, "withdraw"),
        }
        told = {
            name: (who, f"{plan}{row._meta.model_name}s/{row.pk}/act/", {"act": act, "reason": "W"})
            for name, (who, row, act) in acts.items()
        }
        link = {"kind": "link", "url": "https://example.org/", "title": "Photos"}
        return {
            "enter": (w.rita, grid, {**typed, "save": "yes"}),
            "enter one cell": (w.rita, f"{grid}cells/{w.empty.pk}/", typed),
            "enter in all projects": (
                w.rita,
                f"{plan}my-work/results/2020-Q1/",
                {**typed, "project": "P1", "save": "yes"},
            ),
            **told,
            "approve many": (
                w.rob,
                f"{plan}my-work/approve/",
                {"result": f"{w.pending.pk}:{w.pending.version}"},
            ),
            "add evidence": (w.rita, f"{draft}evidence/", link),
            "replace evidence": (w.rita, f"{draft}evidence/{w.paper.pk}/", link),
            "take evidence away": (w.rita, f"{draft}evidence/{w.paper.pk}/", {"act": "remove"}),
        }

    def calls(self) -> dict[str, Callable[[], Any]]:
        """Every call of the API that would write."""
        w, results = self, "plans/SP/results/"
        body = {"project": "P1", "indicator": w.empty.indicator.code, "period": "2020-Q1"}
        one, waits = f"{results}{w.draft.pk}/", f"{results}{w.pending.pk}/"
        link = {"kind": "link", "url": "https://example.org/"}
        piece = f"{one}evidence/{w.paper.pk}/"
        rita, rob = Api(w.rita), Api(w.rob)
        return {
            "enter": lambda: rita.post(results, {**body, "value": "5"}),
            "change": lambda: rita.patch(one, {"value": "6", "version": w.draft.version}),
            "correct": lambda: rita.post(
                results,
                body | {"indicator": w.done.line.indicator.code, "value": "5", "reason": "Why"},
            ),
            "submit": lambda: rita.post(f"{one}submit/"),
            "recall": lambda: rita.post(f"{waits}recall/"),
            "return": lambda: rob.post(f"{waits}return/", {"reason": "Why"}),
            "verify": lambda: (factories.review_in_two_steps(w.plan), rob.post(f"{waits}verify/"))[
                1
            ],
            "approve": lambda: rob.post(f"{waits}approve/"),
            "withdraw": lambda: rob.post(f"{results}{w.done.pk}/withdraw/", {"reason": "Why"}),
            "add evidence": lambda: rita.post(f"{one}evidence/", link),
            "replace evidence": lambda: rita.post(f"{piece}replace/", link),
            "take evidence away": lambda: rita.client.delete(f"/api/v1/{piece}"),
        }


@pytest.fixture(scope="module")
def made(shared_rows: Path) -> World:
    return World()


@pytest.fixture
def world(made: World, db: None) -> World:
    return deepcopy(made)


WAYS = [
    *("enter", "submit", "recall", "return", "verify", "approve", "withdraw", "correct"),
    *("add evidence", "replace evidence", "take evidence away", "write a note", "change a note"),
    *("submit a note", "recall a note", "return a note", "approve a note", "withdraw a note"),
    "stand behind a note",
]
PAGES = [
    *("enter", "enter one cell", "enter in all projects", "submit", "recall", "correct", "return"),
    *("approve", "withdraw", "submit a note", "recall a note", "return a note", "approve a note"),
    *("withdraw a note", "approve many", "add evidence", "replace evidence", "take evidence away"),
]
CALLS = [
    *("enter", "change", "correct", "submit", "recall", "return", "verify", "approve", "withdraw"),
    *("add evidence", "replace evidence", "take evidence away"),
]


def everything() -> list[Any]:
    models = (Result, Evidence, Note, ActivityEntry)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def code_of(act: Callable[[], Any]) -> str:
    before = everything()
    with pytest.raises(DomainError) as error:
        act()
    assert everything() == before
    return error.value.code


def test_every_way_in_is_listed(world: World) -> None:
    assert list(world.ways_in()) == WAYS
    assert (list(world.pages()), list(world.calls())) == (PAGES, CALLS)


@pytest.mark.parametrize("way", WAYS)
def test_a_closed_period_is_closed_to_every_way_in(world: World, way: str) -> None:
    assert code_of(world.ways_in()[way]) == "period_closed"


@pytest.mark.parametrize("way", WAYS)
def test_a_project_that_is_let_in_works_as_if_it_were_open(world: World, way: str) -> None:
    world.let_in()
    world.ways_in()[way]()


@pytest.mark.parametrize("way", WAYS)
def test_a_late_entry_lets_in_its_own_project_only(world: World, way: str) -> None:
    world.let_in(project=factories.project(world.plan, "P2", world.office))
    assert code_of(world.ways_in()[way]) == "period_closed"


def send(world: World, page: str) -> Any:
    """What a page answers whose form is sent."""
    who, path, fields = world.pages()[page]
    client = Client()
    client.force_login(who)
    return client.post(path, fields, follow=True)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_closed_too(world: World, page: str) -> None:
    before = everything()
    assert "is closed" in send(world, page).content.decode()
    assert everything() == before


@pytest.mark.parametrize("page", PAGES)
def test_pages_let_in_whoever_may_report_late(world: World, page: str) -> None:
    world.let_in()
    before = everything()
    assert send(world, page).status_code == 200
    assert everything() != before


@pytest.mark.parametrize("call", CALLS)
def test_the_api_is_closed_too(world: World, call: str) -> None:
    act = world.calls()[call]
    before = everything()
    assert refused(act()) == (409, "period_closed")
    assert everything() == before


@pytest.mark.parametrize("call", CALLS)
def test_the_api_lets_in_whoever_may_report_late(world: World, call: str) -> None:
    world.let_in()
    before = everything()
    answer = world.calls()[call]()
    assert answer.status_code < 300, answer.json()
    assert everything() != before


def test_what_comes_in_late_is_marked(world: World) -> None:
    late = world.let_in()
    [entered] = actions.save_results(entries=[world.entry()], by=world.rita)
    [sent] = actions.submit(rows=[world.draft], by=world.rita)
    sent.refresh_from_db()
    assert (entered.late_entry, sent.late_entry, world.done.is_late) == (late, late, False)
    told = Api(world.rita).get(f"plans/SP/results/{sent.pk}/").json()
    assert told["is_late"] is True


def test_it_ends_with_its_day(world: World) -> None:
    late = world.let_in(days=2)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        actions.submit(rows=[world.draft], by=world.rita)
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        assert code_of(lambda: actions.recall(rows=[world.draft], by=world.rita)) == "period_closed"
        late.refresh_from_db()
        assert not late.is_in_force
        assert world.let_in(days=1).is_in_force


def test_a_period_that_is_opened_and_closed_again_lets_nobody_in(world: World) -> None:
    late = world.let_in()
    reopen_period(period=world.period, by=world.manager, reason="A mistake")
    actions.submit(rows=[world.draft], by=world.rita)
    world.period = close_period(period=world.period, by=world.manager)
    late.refresh_from_db()
    assert not late.is_in_force
    assert code_of(lambda: actions.recall(rows=[world.draft], by=world.rita)) == "period_closed"
    assert world.let_in().is_in_force


def test_what_was_entered_late_and_sent_in_time_is_not_late(world: World) -> None:
    world.let_in()
    [entered] = actions.save_results(entries=[world.entry()], by=world.rita)
    reopen_period(period=world.period, by=world.manager, reason="A mistake")
    [sent] = actions.submit(rows=[entered], by=world.rita)
    sent.refresh_from_db()
    assert not sent.is_late


def test_it_is_ended_by_hand_and_stays_ended(world: World) -> None:
    late = actions.end_late_entry(entry=world.let_in(), by=world.manager)
    again = actions.end_late_entry(entry=late, by=world.manager)
    assert again.ended_at == late.ended_at
    assert code_of(world.ways_in()["submit"]) == "period_closed"


@pytest.mark.parametrize(
    ("other", "wrong"),
    [
        ({"reason": " "}, {("reason", "missing_reason")}),
        ({"until": None}, {("until", "missing_date")}),
        ({"days": 61}, {("until", "date_out_of_range")}),
        ({"days": -1}, {("until", "date_out_of_range")}),
        (
            {"reason": "", "days": 400},
            {("reason", "missing_reason"), ("until", "date_out_of_range")},
        ),
    ],
)
def test_a_late_entry_has_a_reason_and_a_day(world: World, other: Any, wrong: Any) -> None:
    with pytest.raises(InvalidInput) as error:
        world.let_in(**other)
    assert {(one.field, one.code) for one in error.value.problems} == wrong
    assert not LateEntry.objects.exists()


def test_only_a_closed_period_of_the_plan_needs_one_and_once(world: World) -> None:
    open_one = factories.period(world.plan, "2020-Q2")
    assert code_of(lambda: world.let_in(period=open_one)) == "period_not_closed"
    factories.plan("OTHER")
    other = factories.period(factories.StrategicPlan.objects.get(code="OTHER"))
    assert code_of(lambda: world.let_in(period=other)) == "unknown_period"
    world.let_in()
    assert code_of(world.let_in) == "late_entry_standing"


def test_what_may_come_late_is_owed_again(world: World) -> None:
    today = timezone.localdate()

    def owed() -> set[int]:
        rows = ProjectIndicator.objects.owed(world.plan, today)
        return {row.pk for row in rows if row.period_label == "2020-Q1"}  # type: ignore[attr-defined]

    assert owed() == set()
    world.let_in()
    assert owed() == {world.empty.pk, world.draft.line_id}


# --- The page of late entries ---------------------------------------------------------------

PAGE = "/plans/SP/setup/late-entries/"


def test_a_manager_lets_a_project_in_and_ends_it_on_the_page(world: World, client: Client) -> None:
    client.force_login(world.manager)
    until = timezone.localdate() + timedelta(days=3)
    typed = {"project": "p1", "period": "2020-Q1", "until": until, "reason": "Flood"}
    assert client.post(PAGE, typed).status_code == 302
    late = LateEntry.objects.get()
    assert (late.project, late.until, late.reason) == (world.project, until, "Flood")
    assert "Flood" in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"act": "end", "entry": late.pk}).status_code == 302
    late.refresh_from_db()
    assert late.ended_at


def test_what_is_refused_is_told_beside_its_field(world: World, client: Client) -> None:
    client.force_login(world.manager)
    typed = {"project": "NONE", "period": "2020-Q2", "until": "soon", "reason": ""}
    answer = client.post(PAGE, typed)
    form = answer.context["form"]
    assert answer.status_code == 400 and set(form.errors) == {"project", "period", "until"}
    answer = client.post(PAGE, typed | {"project": "P1", "period": "2020-Q1", "until": ""})
    assert set(answer.context["form"].errors) == {"until", "reason"}


@pytest.mark.parametrize("role", [None, *Role.values])
def test_others_read_the_page_and_are_refused(world: World, client: Client, role: Any) -> None:
    late = world.let_in()
    client.force_login(factories.user("Somebody", role, world.office))
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE, {"act": "end", "entry": late.pk}).status_code == 403
    until = timezone.localdate()
    typed = {"project": "P1", "period": "2020-Q1", "until": until, "reason": "Why"}
    assert client.post(PAGE, typed).status_code == 403


def test_more_late_entries_ask_no_more_queries(
    world: World, client: Client, django_assert_num_queries: Any
) -> None:
    client.force_login(world.manager)
    world.let_in()
    client.get(PAGE)
    with django_assert_num_queries(8):
        client.get(PAGE)
    for code in ("P2", "P3"):
        world.let_in(project=factories.project(world.plan, code, world.office))
    with django_assert_num_queries(8):
        client.get(PAGE)


def test_a_file_is_refused_in_a_closed_period_and_not_kept(
    world: World, evidence_folder: Any
) -> None:
    paper = SimpleUploadedFile("a.txt", b"Minutes")
    act = lambda: actions.add_evidence(  # noqa: E731
        to=world.draft, kind="file", title="", by=world.rita, file=paper
    )
    assert code_of(act) == "period_closed"
    assert not evidence_folder.exists() or not list(evidence_folder.rglob("*.txt"))


# --- Late entries in the API ----------------------------------------------------------------

LATE = "plans/SP/late-entries/"


def test_a_manager_lets_a_project_in_and_ends_it_through_the_api(world: World) -> None:
    api = Api(world.manager)
    until = timezone.localdate() + timedelta(days=3)
    body = {"project": "P1", "period": "2020-Q1", "until": str(until), "reason": "Flood"}
    made = api.post(LATE, body)
    late = LateEntry.objects.get()
    assert made.status_code == 201
    assert made.json() == {
        "id": late.pk,
        "project": "P1",
        "period": "2020-Q1",
        "until": str(until),
        "reason": "Flood",
        "granted_by": {"name": "Mia", "email": "mia@example.org"},
        "granted_at": late.granted_at.isoformat().replace("+00:00", "Z"),
        "ended_at": None,
        "in_force": True,
    }
    ended = api.post(f"{LATE}{late.pk}/end/", {"reason": "All in"}).json()
    assert ended["ended_at"] and not ended["in_force"]
    act = ActivityEntry.objects.about(world.project).get(verb="ended late entry")
    assert act.reason == "All in"


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"project": "NONE"}, (400, "unknown_project")),
        ({"period": "2031-Q1"}, (400, "unknown_period")),
        ({"period": "2020-Q2"}, (409, "period_not_closed")),
        ({"reason": " "}, (400, "missing_reason")),
        ({"until": None}, (400, "missing_date")),
        ({"until": "2031-01-01"}, (400, "date_out_of_range")),
        ({"until": "soon"}, (400, "invalid")),
        ({"til": "soon"}, (400, "unknown_field")),
    ],
)
def test_what_is_refused_has_its_code_in_the_api(world: World, other: Any, told: Any) -> None:
    body = {
        "project": "P1",
        "period": "2020-Q1",
        "until": str(timezone.localdate()),
        "reason": "Flood",
    }
    assert refused(Api(world.manager).post(LATE, body | other)) == told
    assert not LateEntry.objects.exists()


def test_one_that_stands_is_not_given_twice_in_the_api(world: World) -> None:
    world.let_in()
    body = {"project": "P1", "period": "2020-Q1", "until": str(timezone.localdate())}
    answer = Api(world.manager).post(LATE, body | {"reason": "Flood"})
    assert refused(answer) == (409, "late_entry_standing")


@pytest.mark.parametrize("role", [None, *Role.values])
def test_others_read_late_entries_and_are_refused_to_change_them(world: World, role: Any) -> None:
    late = world.let_in()
    api = Api(factories.user("Somebody", role, world.office))
    assert [one["id"] for one in api.rows(LATE)] == [late.pk]
    assert refused(api.post(LATE, {})) == (403, "not_allowed")
    assert refused(api.post(f"{LATE}{late.pk}/end/")) == (403, "not_allowed")


def test_late_entries_are_listed_by_project_period_and_whether_in_force(world: World) -> None:
    other = factories.project(world.plan, "P2", world.office)
    over = actions.end_late_entry(entry=world.let_in(), by=world.manager)
    standing, elsewhere = world.let_in(), world.let_in(project=other)
    api = Api(world.rita)

    def found(**asked: str) -> list[int]:
        return [one["id"] for one in api.rows(LATE, **asked)]

    assert found() == [elsewhere.pk, standing.pk, over.pk]
    assert found(project="P1") == [standing.pk, over.pk]
    assert found(project="P1", in_force="true") == [standing.pk]
    assert found(in_force="false") == [over.pk]
    assert found(period="2020-Q2") == []
    assert refused(api.get(LATE, in_force="perhaps")) == (400, "unknown_value")
    assert refused(api.get(LATE, projekt="P1")) == (400, "unknown_parameter")


def test_late_entries_in_the_api_cost_the_same_with_one_and_three(world: World) -> None:
    world.let_in()
    api = Api(world.rita)
    before = api.queries(LATE)
    for code in ("P2", "P3"):
        world.let_in(project=factories.project(world.plan, code, world.office))
    assert api.queries(LATE) == before <= 5
