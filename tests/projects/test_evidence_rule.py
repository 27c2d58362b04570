"""What has to stand behind a result before it is submitted."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.errors import DomainError, InvalidInput
from outcomes.actions import set_evidence_rule
from outcomes.choices import EvidenceRule
from outcomes.models import Indicator
from projects import actions
from projects.models import ProjectIndicator, Result
from tests import factories
from tests.roles import who_may

pytestmark = pytest.mark.django_db


class World:
    """A project that reports an indicator whose evidence rule is set by each test."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP")
        self.office = factories.office("ROAF")
        self.outcome = factories.outcome(self.plan)
        self.project = factories.project(self.plan, "P1", self.office, serves=self.outcome)
        self.manager = factories.user("Mia", Role.MANAGER)
        self.rita = factories.user("Rita", Role.REPORTER, self.office)

    def line(self, rule: str, *means: str) -> ProjectIndicator:
        indicator = factories.indicator(self.outcome)
        set_evidence_rule(indicator=indicator, rule=rule, means=means, by=self.manager)
        indicator.refresh_from_db()
        return factories.line(self.project, indicator)

    def draft(self, line: ProjectIndicator, **content: Any) -> Result:
        return factories.report(line, content.pop("value", 5), to="draft", **content)

    def add(self, to: Result, means: Any = None) -> None:
        actions.add_evidence(to=to, kind="document", title="Minutes", means=means, by=self.rita)

    def refused(self, *rows: Result) -> list[tuple[int, str, str]]:
        with pytest.raises(InvalidInput) as error:
            actions.submit(rows=rows, by=self.rita)
        return [(one.row, one.field, one.code) for one in error.value.problems]


@pytest.fixture
def world() -> World:
    return World()


def test_an_indicator_asks_for_one_piece_unless_told_otherwise() -> None:
    assert Indicator().evidence_rule == EvidenceRule.REQUIRED


def test_each_row_without_evidence_is_named(world: World) -> None:
    with_it, without = (world.draft(world.line("required")) for _ in range(2))
    free = world.draft(world.line("none"))
    world.add(with_it)
    assert world.refused(with_it, without, free) == [(1, "evidence", "missing_evidence")]
    world.add(without)
    assert len(actions.submit(rows=[with_it, without, free], by=world.rita)) == 3


def test_a_checklist_needs_a_piece_for_each_means(world: World) -> None:
    line = world.line("checklist", "Attendance list", "Agenda")
    attendance, agenda = line.indicator.means_of_verification.all()
    draft = world.draft(line)
    world.add(draft, means=attendance)
    with pytest.raises(InvalidInput) as error:
        actions.submit(rows=[draft], by=world.rita)
    assert error.value.code == "evidence_incomplete"
    assert "Agenda" in error.value.message and "Attendance" not in error.value.message
    world.add(draft, means=agenda)
    actions.submit(rows=[draft], by=world.rita)


def test_a_means_that_is_no_longer_asked_for_is_not_missed(world: World) -> None:
    line = world.line("checklist", "Attendance list", "Agenda")
    set_evidence_rule(
        indicator=line.indicator, rule="checklist", means=["Agenda"], by=world.manager
    )
    draft = world.draft(line)
    world.add(draft, means=line.indicator.means_of_verification.get(text="Agenda"))
    actions.submit(rows=[draft], by=world.rita)


def test_a_means_of_another_indicator_is_refused(world: World) -> None:
    other = world.line("checklist", "Agenda").indicator.means_of_verification.get()
    with pytest.raises(InvalidInput) as error:
        world.add(world.draft(world.line("required")), means=other)
    assert error.value.code == "unknown_means"


@pytest.mark.parametrize("state", ["not_applicable", "not_available"])
def test_what_is_not_reported_needs_no_evidence(world: World, state: str) -> None:
    draft = world.draft(world.line("required"), value=None, state=state)
    actions.submit(rows=[draft], by=world.rita)


def test_a_correction_takes_the_evidence_along(world: World) -> None:
    line = world.line("required")
    draft = world.draft(line)
    world.add(draft)
    actions.submit(rows=[draft], by=world.rita)
    rob = factories.user("Rob", Role.REVIEWER)
    [approved] = actions.approve(rows=[draft], by=rob)
    begun = actions.begin_correction(result=approved, reason="A later count", by=world.rita)
    assert [piece.title for piece in begun.evidence.all()] == ["Minutes"]
    assert (begun.value, begun.correction_reason, begun.revision) == (5, "A later count", 2)
    actions.withdraw(rows=[begun], reason="No", by=world.rita)
    again = factories.report(line, 6, to="draft")
    assert [piece.title for piece in again.evidence.all()] == ["Minutes"]
    assert approved.evidence.count() == 1


def test_more_rows_ask_no_more_queries(world: World, django_assert_num_queries: Any) -> None:
    def queries(rows: list[Result]) -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as told:
            actions.submit(rows=rows, by=world.rita)
        return len(told)

    def ready() -> Result:
        line = world.line("checklist", "Agenda")
        draft = world.draft(line)
        world.add(draft, means=line.indicator.means_of_verification.get())
        return draft

    first = queries([ready()])
    assert queries([ready() for _ in range(4)]) == first


# --- Who sets it, and how -------------------------------------------------------------------


def test_managers_of_headquarters_set_it(world: World) -> None:
    indicator = factories.indicator(world.outcome)
    act = lambda by: set_evidence_rule(indicator=indicator, rule="none", means=[], by=by)  # noqa: E731
    assert who_may(act) == {"manager above"}


@pytest.mark.parametrize(
    ("rule", "means", "code"),
    [
        ("some", [], "unknown_evidence_rule"),
        ("checklist", [" "], "missing_means"),
        ("checklist", ["x" * 501], "too_long"),
    ],
)
def test_what_is_refused(world: World, rule: str, means: list[str], code: str) -> None:
    indicator = factories.indicator(world.outcome)
    with pytest.raises(DomainError) as error:
        set_evidence_rule(indicator=indicator, rule=rule, means=means, by=world.manager)
    assert error.value.code == code


def test_it_is_set_on_its_page(world: World, client: Client) -> None:
    indicator = factories.indicator(world.outcome, "WATER")
    page = "/plans/SP/setup/values/WATER/evidence/"
    client.force_login(world.manager)
    assert client.post(page, {"rule": "checklist", "means": ""}).status_code == 400
    sent = client.post(page, {"rule": "checklist", "means": "Agenda\nList\nAgenda", "reason": "R"})
    assert sent.status_code == 302
    indicator.refresh_from_db()
    assert indicator.evidence_rule == "checklist"
    assert [str(one) for one in indicator.means_of_verification.all()] == ["Agenda", "List"]
    assert "changed what evidence is asked for" in client.get(page).content.decode()
    client.force_login(world.rita)
    assert client.get(page).status_code == 200
    assert client.post(page, {"rule": "none"}).status_code == 403
