"""A closed period takes nothing in, whichever way it comes, but for a project that is let in."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
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
        self.note = actions.save_note(
            by=self.rita, project=self.project, key="n", period=self.period, text={"en": "Said"}
        )
        self.period = close_period(period=self.period, by=self.manager)

    def line(self) -> ProjectIndicator:
        return factories.line(self.project, factories.indicator(self.outcome))

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
            "take evidence away": lambda: actions.remove_evidence(evidence=w.paper, by=w.rita),
            "write a note": lambda: actions.save_note(
                by=w.rita, project=w.project, key="m", period=w.period, text={"en": "More"}
            ),
            "submit a note": lambda: actions.submit(rows=[w.note], by=w.rita),
        }


@pytest.fixture(scope="module")
def made(shared_rows: Path) -> World:
    return World()


@pytest.fixture
def world(made: World, db: None) -> World:
    return deepcopy(made)


WAYS = [
    *("enter", "submit", "recall", "return", "verify", "approve", "withdraw", "correct"),
    *("add evidence", "take evidence away", "write a note", "submit a note"),
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


def test_pages_and_the_api_are_closed_too(world: World, client: Client) -> None:
    client.force_login(world.rita)
    grid = "/plans/SP/projects/P1/results/2020-Q1/"
    prefix = f"l{world.empty.pk}-"
    sent = client.post(grid, {f"{prefix}version": "0", f"{prefix}value": "5", "save": "yes"})
    assert sent.status_code == 409 and "is closed" in sent.content.decode()
    act = f"/plans/SP/results/{world.draft.pk}/act/"
    assert client.post(act, {"act": "submit"}).status_code == 409
    api = Api(world.rita)
    results = "plans/SP/results/"
    body = {
        "project": "P1",
        "indicator": world.empty.indicator.code,
        "period": "2020-Q1",
        "value": "5",
    }
    one = f"{results}{world.draft.pk}/"
    answers = [
        api.post(results, body),
        api.patch(one, {"value": "6", "version": world.draft.version}),
        api.post(f"{one}submit/"),
        api.post(f"{one}evidence/", {"kind": "link", "url": "https://example.org/"}),
        api.post(f"{results}{world.pending.pk}/recall/"),
        Api(world.rob).post(f"{results}{world.pending.pk}/approve/"),
        Api(world.rob).post(f"{results}{world.pending.pk}/return/", {"reason": "Why"}),
        Api(world.rob).post(f"{results}{world.done.pk}/withdraw/", {"reason": "Why"}),
    ]
    assert [refused(answer) for answer in answers] == [(409, "period_closed")] * len(answers)


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

    ProjectIndicator.objects.update(expected_from=world.period.start)
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
    with django_assert_num_queries(9):
        client.get(PAGE)
    for code in ("P2", "P3"):
        world.let_in(project=factories.project(world.plan, code, world.office))
    with django_assert_num_queries(9):
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
