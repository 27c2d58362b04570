"""The rules of projects and their results: who may do what, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import DomainError, InvalidInput
from outcomes.choices import Basis, Kind, OverTime
from outcomes.models import Indicator, Measurement, Thing
from plans.actions import add_period, close_period, reopen_period, set_review_steps
from plans.models import ReportingPeriod, StrategicPlan
from projects import actions
from projects.actions import ResultInput
from projects.choices import Status
from projects.models import Evidence, LateEntry, Note, Project, ProjectIndicator, Result
from projects.permissions import can_approve, can_verify
from tests import factories
from tests.roles import both, who_may

pytestmark = pytest.mark.django_db


class World:
    """One project of the office for Africa that reports one indicator for Kenya."""

    def __init__(self, **indicator: Any) -> None:
        self.plan: StrategicPlan = factories.plan()
        self.outcome = factories.outcome(self.plan)
        self.office = factories.office("ROAF")
        self.kenya = factories.country("KEN", "Kenya", self.office)
        self.indicator: Indicator = factories.indicator(self.outcome, "WATER", **indicator)
        self.project: Project = factories.project(
            self.plan, "P1", self.office, self.kenya, self.outcome
        )
        self.line: ProjectIndicator = factories.line(self.project, self.indicator, self.kenya)
        self.period: ReportingPeriod = factories.period(self.plan)
        self.reporter: User = factories.user("Rita Reporter", Role.REPORTER, self.office)
        self.reviewer: User = factories.user("Rob Reviewer", Role.REVIEWER, self.office)

    def entry(self, value: Any = "5", **content: Any) -> ResultInput:
        content = {"reason": "A later count"} | content
        return ResultInput(line=self.line, period=self.period, value=value, **content)

    def save(self, value: Any = "5", by: User | None = None, **content: Any) -> Result:
        return actions.save_results(entries=[self.entry(value, **content)], by=by or self.reporter)[
            0
        ]

    def submitted(self, value: Any = "5") -> Result:
        return actions.submit(rows=[self.save(value)], by=self.reporter)[0]

    def approved(self, value: Any = "5") -> Result:
        return actions.approve(rows=[self.submitted(value)], by=self.reviewer)[0]

    def live(self, basis: Basis = Basis.OFFICIAL) -> list[Decimal | None]:
        found = Measurement.objects.live().filter(plan=self.plan, basis=basis, cell="")
        return [row.numerator for row in found]


@pytest.fixture
def world(db: None) -> World:
    return World()


def code_of(act: Callable[[], Any]) -> str:
    """The code with which an act is refused, and that nothing was changed by it."""
    before = [everything(model) for model in (Result, Measurement, Note, Evidence, ActivityEntry)]
    with pytest.raises(DomainError) as refusal:
        act()
    after = [everything(model) for model in (Result, Measurement, Note, Evidence, ActivityEntry)]
    assert before == after
    return refusal.value.code


def everything(model: Any) -> list[Any]:
    return list(model._default_manager.order_by("pk").values())


# --- Who may do what ---------------------------------------------------------------------

ACTS: dict[str, tuple[Callable[[World], Callable[[Any], Any]], set[str]]] = {
    "enter": (
        lambda w: lambda by: actions.save_results(entries=[w.entry()], by=by),
        both("reporter"),
    ),
    "submit": (
        lambda w: lambda by, row=None: actions.submit(rows=[row or w.draft], by=by),
        both("reporter"),
    ),
    "recall": (lambda w: lambda by: actions.recall(rows=[w.pending], by=by), both("reporter")),
    "return": (
        lambda w: lambda by: actions.send_back(rows=[w.pending], by=by, reason="Why"),
        both("reviewer"),
    ),
    "verify": (lambda w: lambda by: actions.verify(rows=[w.pending], by=by), both("reviewer")),
    "approve what is verified": (
        lambda w: lambda by: actions.approve(rows=[w.verified], by=by),
        {"reviewer above"},
    ),
    "begin a correction": (
        lambda w: lambda by: actions.begin_correction(result=w.done, reason="Why", by=by),
        both("reporter"),
    ),
    "comment": (
        lambda w: lambda by: actions.add_comment(to=w.pending, text="Well done", by=by),
        both("reporter") | both("reviewer") | both("manager"),
    ),
    "let a project report late": (
        lambda w: (
            lambda by: actions.allow_late_entry(
                project=w.project,
                period=w.closed,
                until=factories.days_ago(-5),
                reason="Why",
                by=by,
            )
        ),
        {"manager above"},
    ),
    "end a late entry": (
        lambda w: lambda by: actions.end_late_entry(entry=w.late, by=by),
        {"manager above"},
    ),
    "approve": (lambda w: lambda by: actions.approve(rows=[w.pending], by=by), both("reviewer")),
    "withdraw a draft": (
        lambda w: lambda by: actions.withdraw(rows=[w.draft], by=by, reason="Why"),
        both("reporter") | both("reviewer"),
    ),
    "withdraw an approved result": (
        lambda w: lambda by: actions.withdraw(rows=[w.done], by=by, reason="Why"),
        both("reviewer"),
    ),
    "add evidence": (
        lambda w: lambda by: actions.add_evidence(to=w.draft, kind="document", title="A", by=by),
        both("reporter"),
    ),
    "remove evidence": (
        lambda w: lambda by: actions.remove_evidence(evidence=Evidence.objects.get(), by=by),
        both("reporter"),
    ),
    "save a note": (
        lambda w: (
            lambda by: actions.save_note(
                by=by, project=w.project, key="n", period=w.period, text={"en": "A note"}
            )
        ),
        both("reporter"),
    ),
    "add a project": (
        lambda w: (
            lambda by: actions.save_project(
                plan=w.plan,
                code="NEW",
                title={"en": "New"},
                office=w.office,
                reason="Approved before",
                by=by,
            )
        ),
        both("manager"),
    ),
    "change a project": (
        lambda w: (
            lambda by: actions.save_project(
                plan=w.plan,
                code="P1",
                title={"en": "Other"},
                office=w.office,
                countries=[w.kenya],
                by=by,
            )
        ),
        both("manager"),
    ),
    "move a project to another office": (
        lambda w: (
            lambda by: actions.save_project(
                plan=w.plan,
                code="P1",
                title={"en": "Other"},
                office=factories.office("ROAP"),
                countries=[w.kenya],
                by=by,
            )
        ),
        {"manager above"},
    ),
    "align a project": (
        lambda w: (
            lambda by: actions.set_alignment(
                project=w.project, outcome=w.outcome, rank="secondary", by=by
            )
        ),
        both("manager"),
    ),
    "end an alignment": (
        lambda w: lambda by: actions.remove_alignment(project=w.project, outcome=w.outcome, by=by),
        both("manager"),
    ),
    "set a reporting line": (
        lambda w: (
            lambda by: actions.set_line(
                project=w.project,
                indicator=w.indicator,
                country=w.kenya,
                expected_to=date(2021, 1, 1),
                by=by,
            )
        ),
        both("manager"),
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_may(world: World, act: str) -> None:
    make, allowed = ACTS[act]
    other = factories.line(world.project, factories.indicator(world.outcome), world.kenya)
    third = factories.line(world.project, factories.indicator(world.outcome), world.kenya)
    world.pending = factories.report(other, 1, to="submitted")  # type: ignore[attr-defined]
    world.done = factories.report(third, 1)  # type: ignore[attr-defined]
    if act not in ("enter",):
        draft = world.draft = world.save()  # type: ignore[attr-defined]
        actions.add_evidence(to=draft, kind="document", title="Minutes", by=world.reporter)
    if "verif" in act:
        factories.review_in_two_steps(world.plan)
        [world.verified] = actions.verify(  # type: ignore[attr-defined]
            rows=[factories.report(third, 2, at="2020-Q2", to="submitted")], by=world.reviewer
        )
    if "late" in act:
        world.closed, late = closed(world, "2020-Q2"), closed(world, "2020-Q3")  # type: ignore[attr-defined]
        world.late = let_in(world, late)  # type: ignore[attr-defined]
    assert who_may(make(world)) == allowed


def closed(world: World, label: str = "2020-Q1") -> ReportingPeriod:
    """A period of the plan that a manager of headquarters has closed."""
    manager = User.objects.filter(name="Mia Manager").first() or factories.user(
        "Mia Manager", Role.MANAGER
    )
    return close_period(period=factories.period(world.plan, label), by=manager)


def let_in(world: World, period: ReportingPeriod, days: int = 5) -> LateEntry:
    """The project may report late in a closed period, for so many days from now."""
    return actions.allow_late_entry(
        project=world.project,
        period=period,
        until=factories.days_ago(-days),
        reason="The office was flooded",
        by=User.objects.get(name="Mia Manager"),
    )


def test_somebody_without_any_role_may_do_nothing(world: World) -> None:
    stranger = factories.user(role=None)
    assert code_of(lambda: world.save(by=stranger)) == "not_allowed"


def test_an_inactive_account_may_do_nothing(world: World) -> None:
    world.reporter.is_active = False
    assert code_of(world.save) == "not_allowed"


def test_what_headquarters_reports_is_reviewed_at_headquarters(world: World) -> None:
    source = factories.project(world.plan, "HQ1", factories.headquarters())
    result = factories.report(factories.line(source, world.indicator), 3, to="submitted")
    regional = world.reviewer
    assert code_of(lambda: actions.approve(rows=[result], by=regional)) == "not_allowed"


# --- The workflow ------------------------------------------------------------------------


def test_submitted_counts_provisionally_and_approved_on_both(world: World) -> None:
    result = world.submitted()
    assert (world.live(Basis.PROVISIONAL), world.live()) == ([5], [])
    actions.approve(rows=[result], by=world.reviewer)
    assert (world.live(Basis.PROVISIONAL), world.live()) == ([5], [5])


def test_whoever_typed_it_cannot_approve_it(world: World) -> None:
    both_roles = world.reviewer
    factories.OfficeRole.objects.create(user=both_roles, office=world.office, role=Role.REPORTER)
    result = world.save(by=both_roles)
    actions.submit(rows=[result], by=world.reporter)
    assert code_of(lambda: actions.approve(rows=[result], by=both_roles)) == "own_result"
    assert code_of(lambda: actions.verify(rows=[result], by=both_roles)) == "own_result"


def test_whoever_submitted_it_cannot_approve_it(world: World) -> None:
    result = world.save()
    submitter = factories.user("Sam", Role.REPORTER, world.office)
    factories.OfficeRole.objects.create(user=submitter, office=world.office, role=Role.REVIEWER)
    actions.submit(rows=[result], by=submitter)
    assert code_of(lambda: actions.approve(rows=[result], by=submitter)) == "own_result"


def test_the_office_verifies_and_headquarters_approves(world: World) -> None:
    factories.review_in_two_steps(world.plan)
    verified = actions.verify(rows=[world.submitted()], by=world.reviewer)[0]
    assert (verified.status, world.live()) == (Status.VERIFIED, [])
    actions.approve(rows=[verified], by=factories.user("Hugo", Role.REVIEWER))
    assert world.live() == [5]


def test_in_two_steps_who_verified_does_not_approve_nor_does_the_office(world: World) -> None:
    factories.review_in_two_steps(world.plan)
    hugo = factories.user("Hugo", Role.REVIEWER)
    result = world.submitted()
    assert code_of(lambda: actions.approve(rows=[result], by=hugo)) == "not_verified"
    result = actions.verify(rows=[result], by=hugo)[0]
    assert code_of(lambda: actions.approve(rows=[result], by=hugo)) == "own_verification"
    assert code_of(lambda: actions.approve(rows=[result], by=world.reviewer)) == "not_allowed"
    other = factories.user("Hanna", Role.REVIEWER)
    assert [can_approve(who, result) for who in (hugo, world.reviewer, other)] == [
        False,
        False,
        True,
    ]


def test_in_one_step_nothing_is_verified(world: World) -> None:
    result = world.submitted()
    assert code_of(lambda: actions.verify(rows=[result], by=world.reviewer)) == "one_step_review"
    assert not can_verify(world.reviewer, result)


def test_what_waits_follows_the_setting_of_now(world: World) -> None:
    factories.review_in_two_steps(world.plan)
    verified = actions.verify(rows=[world.submitted()], by=world.reviewer)[0]
    set_review_steps(plan=world.plan, steps=1, by=factories.user("Max", Role.MANAGER))
    actions.approve(rows=[verified], by=world.reviewer)
    assert world.live() == [5]


def test_a_returned_result_keeps_the_reason_and_can_be_sent_again(world: World) -> None:
    result = actions.send_back(rows=[world.submitted()], by=world.reviewer, reason="Add proof")[0]
    assert (result.status, result.review_comment) == (Status.RETURNED, "Add proof")
    assert world.live(Basis.PROVISIONAL) == []
    again = actions.submit(rows=[world.save("6")], by=world.reporter)[0]
    assert (again.pk, again.status, again.review_comment) == (result.pk, Status.SUBMITTED, "")


@pytest.mark.parametrize("act", [actions.send_back, actions.withdraw])
def test_a_return_and_a_withdrawal_need_a_reason(world: World, act: Any) -> None:
    result = world.submitted()
    refused = code_of(lambda: act(rows=[result], by=world.reviewer, reason="  "))
    assert refused == "missing_reason"


def test_a_recalled_result_is_a_draft_and_counts_nowhere(world: World) -> None:
    result = actions.recall(rows=[world.submitted()], by=world.reporter)[0]
    assert (result.status, world.live(Basis.PROVISIONAL)) == (Status.DRAFT, [])


def test_a_submitted_result_is_not_changed(world: World) -> None:
    world.submitted()
    assert code_of(lambda: world.save("6")) == "already_submitted"


@pytest.mark.parametrize(
    ("act", "by"),
    [
        (actions.approve, "reviewer"),
        (actions.recall, "reporter"),
    ],
)
def test_a_draft_is_not_reviewed(world: World, act: Any, by: str) -> None:
    result = world.save(by=factories.user("Else", Role.REPORTER, world.office))
    assert code_of(lambda: act(rows=[result], by=getattr(world, by))) == "wrong_status"


def test_an_approved_result_is_not_submitted_or_approved_again(world: World) -> None:
    result = world.approved()
    assert code_of(lambda: actions.submit(rows=[result], by=world.reporter)) == "wrong_status"
    assert code_of(lambda: actions.approve(rows=[result], by=world.reviewer)) == "wrong_status"


def test_a_correction_stands_in_provisionally_until_it_is_approved(world: World) -> None:
    first = world.approved("5")
    second = world.submitted("7")
    assert (second.revision, second.corrects_id) == (2, first.pk)
    assert (world.live(), world.live(Basis.PROVISIONAL)) == ([5], [7])
    actions.approve(rows=[second], by=world.reviewer)
    first.refresh_from_db()
    assert (first.status, world.live()) == (Status.SUPERSEDED, [7])


def test_a_withdrawn_correction_leaves_the_approved_result(world: World) -> None:
    world.approved("5")
    actions.withdraw(rows=[world.submitted("7")], by=world.reporter, reason="A mistake")
    assert (world.live(), world.live(Basis.PROVISIONAL)) == ([5], [5])


def test_an_approved_result_is_not_withdrawn_while_its_correction_is_open(world: World) -> None:
    first = world.approved()
    world.save("7")
    refused = code_of(lambda: actions.withdraw(rows=[first], by=world.reviewer, reason="No"))
    assert refused == "correction_open"


def test_a_withdrawn_approved_result_leaves_both_bases(world: World) -> None:
    actions.withdraw(rows=[world.approved()], by=world.reviewer, reason="Wrong project")
    assert (world.live(), world.live(Basis.PROVISIONAL)) == ([], [])


def test_many_are_approved_together_or_none(world: World) -> None:
    other = factories.line(world.project, factories.indicator(world.outcome), world.kenya)
    mine = world.submitted()
    theirs = factories.report(other, 1, to="draft")
    refused = code_of(lambda: actions.approve(rows=[mine, theirs], by=world.reviewer))
    assert refused == "wrong_status"


def test_every_act_is_in_the_history(world: World) -> None:
    result = world.approved()
    acts = [(act.verb, str(act.actor)) for act in ActivityEntry.objects.about(result)]
    assert acts == [
        ("approved", "Rob Reviewer"),
        ("submitted", "Rita Reporter"),
        ("entered", "Rita Reporter"),
    ]


def test_a_note_goes_through_the_same_review(world: World) -> None:
    note = actions.save_note(
        by=world.reporter, project=world.project, key="n1", period=world.period, text={"en": "Yes"}
    )
    actions.submit(rows=[note], by=world.reporter)
    assert (
        code_of(
            lambda: actions.save_note(
                by=world.reporter, project=world.project, key="n1", period=world.period
            )
        )
        == "already_submitted"
    )
    assert actions.approve(rows=[note], by=world.reviewer)[0].status == Status.APPROVED


# --- Periods -----------------------------------------------------------------------------


def test_nothing_is_done_in_a_closed_period(world: World) -> None:
    manager = factories.user("Mo Manager", Role.MANAGER)
    draft = world.save()
    line = factories.line(world.project, factories.indicator(world.outcome), world.kenya)
    pending = factories.report(line, 1, to="submitted")
    close_period(period=world.period, by=manager)
    world.period.refresh_from_db()
    by, reviewer = world.reporter, world.reviewer
    refused = [
        code_of(world.save),
        code_of(lambda: actions.submit(rows=[draft], by=by)),
        code_of(lambda: actions.approve(rows=[pending], by=reviewer)),
        code_of(lambda: actions.withdraw(rows=[draft], by=by, reason="Why")),
        code_of(
            lambda: actions.save_note(by=by, project=world.project, key="n", period=world.period)
        ),
    ]
    assert set(refused) == {"period_closed"}
    reopen_period(period=world.period, by=manager, reason="Late entry granted")
    assert actions.submit(rows=[draft], by=by)[0].status == Status.SUBMITTED


def test_nothing_is_entered_in_a_period_that_has_not_begun(world: World) -> None:
    plan = factories.plan("NEXT", quarters=0)
    tomorrow = timezone.localdate() + timedelta(days=1)
    add_period(plan=plan, label="N1", kind="quarter", start=tomorrow, end=tomorrow)
    project = factories.project(plan, at=world.office, where=world.kenya)
    line = factories.line(project, factories.indicator(plan), world.kenya)
    entry = ResultInput(line=line, period=factories.period(plan, "N1"), value=1)
    refused = code_of(lambda: actions.save_results(entries=[entry], by=world.reporter))
    assert refused == "period_not_begun"


# --- Two people ---------------------------------------------------------------------------


def test_the_second_of_two_editors_is_told(world: World) -> None:
    first = world.save("5", version=0)
    other = factories.user("Second", Role.REPORTER, world.office)
    assert code_of(lambda: world.save("6", by=other, version=0)) == "version_conflict"
    assert world.save("6", by=other, version=first.version).value == 6


def test_a_reviewer_approves_what_they_saw(world: World) -> None:
    result = world.submitted()
    approve = actions.approve
    stale = result.version - 1
    by = world.reviewer
    assert code_of(lambda: approve(rows=[result], by=by, version=stale)) == "version_conflict"
    seen = {result.pk: stale}
    assert code_of(lambda: approve(rows=[result], by=by, version=seen)) == "version_conflict"
    assert approve(rows=[result], by=by, version={result.pk: result.version})


# --- What can be entered -------------------------------------------------------------------

NUMBERS = [
    ("abc", "not_a_number"),
    ("NaN", "not_a_number"),
    ("Infinity", "not_a_number"),
    ("1,5", "not_a_number"),
    ("٣", "not_a_number"),
    ("1e999", "out_of_range"),
    ("100000000000", "out_of_range"),
    ("0.0000001", "too_many_decimals"),
]


@pytest.mark.parametrize(("written", "code"), NUMBERS)
def test_what_is_no_number_is_refused(world: World, written: str, code: str) -> None:
    assert code_of(lambda: world.save(written)) == code


def test_groups_of_digits_may_be_spaced(world: World) -> None:
    assert world.save("4\u202f200.5").value == Decimal("4200.5")


def test_zero_is_a_value_and_nothing_is_not(world: World) -> None:
    empty = world.save("")
    assert code_of(lambda: actions.submit(rows=[empty], by=world.reporter)) == "missing_value"
    assert actions.submit(rows=[world.save("0")], by=world.reporter)[0].value == 0


def test_below_zero_is_refused_where_it_makes_no_sense() -> None:
    world = World(allow_negative=False)
    assert code_of(lambda: world.save("-1")) == "negative_not_allowed"


def test_a_result_that_is_not_reported_carries_no_number(world: World) -> None:
    refused = code_of(lambda: world.save("5", state="not_available"))
    assert refused == "value_without_report"
    assert world.save("", state="not_applicable").value is None


PERCENTAGES = [
    ("5", "", "missing_denominator"),
    ("", "5", "missing_numerator"),
    ("5", "0", "denominator_zero"),
    ("5", "-1", "negative_not_allowed"),
    ("five", "10", "not_a_number"),
]


@pytest.mark.parametrize(("numerator", "denominator", "code"), PERCENTAGES)
def test_a_percentage_has_both_its_parts(numerator: str, denominator: str, code: str) -> None:
    world = World(kind=Kind.PERCENTAGE, over_time=OverTime.LATEST)
    parts = {"numerator": numerator, "denominator": denominator}
    assert code_of(lambda: world.save(None, **parts)) == code


CELLS = [
    ({"women": "6", "men": "5"}, "cells_exceed_total"),
    ({"cats": "1"}, "unknown_category"),
    ({"women": "many"}, "not_a_number"),
]


@pytest.mark.parametrize(("cells", "code"), CELLS)
def test_cells_are_checked(cells: dict[str, str], code: str) -> None:
    world = World(categories={"sex": ["women", "men"]})
    assert code_of(lambda: world.save("10", cells=cells)) == code


def test_cells_of_a_dimension_where_one_may_be_in_several_have_no_ceiling() -> None:
    world = World(categories={"groups": ["young", "displaced"]})
    world.indicator.dimensions.update(additive=False)
    result = world.save("10", cells={"young": "9", "displaced": "9"})
    assert [cell.value for cell in result.cells.all()] == [9, 9]


def test_a_cell_of_a_percentage_is_not_above_its_denominator() -> None:
    world = World(
        kind=Kind.PERCENTAGE, over_time=OverTime.LATEST, categories={"sex": ["women", "men"]}
    )
    cells = {"women": {"numerator": "4", "denominator": "3"}}
    refused = code_of(lambda: world.save(None, numerator="5", denominator="9", cells=cells))
    assert refused == "numerator_exceeds_denominator_in_cell"


def test_things_are_known_by_their_names_and_counted_in_whole_numbers() -> None:
    world = World(kind=Kind.DISTINCT, thing_kind="city")
    result = world.save(None, things=["Nairobi", "nairobi ", "Kisumu"], unnamed="2")
    assert sorted(str(thing) for thing in result.things.all()) == ["Kisumu", "Nairobi"]
    assert code_of(lambda: world.save(None, unnamed="1.5")) == "not_a_whole_number"
    assert code_of(lambda: world.save(None, unnamed="-1")) == "negative_not_allowed"


def test_countries_are_those_that_the_product_knows() -> None:
    world = World(kind=Kind.DISTINCT, thing_kind="country")
    result = world.save(None, things=["kenya"])
    assert [thing.key for thing in result.things.all()] == ["KEN"]
    assert code_of(lambda: world.save(None, things=["Atlantis"])) == "unknown_thing"


def test_a_thing_of_another_kind_is_refused() -> None:
    world = World(kind=Kind.DISTINCT, thing_kind="city")
    policy = Thing.objects.create(plan=world.plan, kind="policy", key="p", name={"en": "P"})
    assert code_of(lambda: world.save(None, things=[policy])) == "unknown_thing"


def test_a_rating_is_a_level_of_its_scale() -> None:
    world = World(kind=Kind.RATING, over_time=OverTime.LATEST, levels=["weak", "strong"])
    assert world.save(None, rating="strong").rating.code == "strong"  # type: ignore[union-attr]
    assert code_of(lambda: world.save(None, rating="superb")) == "unknown_level"


def test_an_unknown_qualifier_or_state_is_refused(world: World) -> None:
    assert code_of(lambda: world.save("5", qualifier="roughly")) == "unknown_qualifier"
    assert code_of(lambda: world.save("5", qualifier="9")) == "unknown_qualifier"
    assert code_of(lambda: world.save("5", state="maybe")) == "unknown_state"


def test_credits_join_what_is_comparable(world: World) -> None:
    like = factories.indicator(world.outcome, "LIKE")
    unlike = factories.indicator(world.outcome, "UNLIKE", over_time=OverTime.LATEST)
    assert list(world.save("5", credits=[like]).credits.all()) == [like]
    refused = code_of(lambda: world.save("5", credits=[unlike]))
    assert refused == "credit_not_comparable"
    assert code_of(lambda: world.save("5", credits=[world.indicator])) == "credit_not_comparable"


def test_one_bad_entry_refuses_all_and_names_its_row(world: World) -> None:
    other = factories.line(world.project, factories.indicator(world.outcome), world.kenya)
    entries = [world.entry("5"), ResultInput(line=other, period=world.period, value="x")]
    with pytest.raises(InvalidInput) as refusal:
        actions.save_results(entries=entries, by=world.reporter)
    assert [(p.row, p.field, p.code) for p in refusal.value.problems] == [
        (1, "value", "not_a_number")
    ]
    assert not Result.objects.exists()


# --- Evidence -----------------------------------------------------------------------------


def evidence(world: World, **given: Any) -> Evidence:
    """A piece of evidence on a new draft."""
    result = Result.objects.filter(line=world.line).first() or world.save()
    asked = {"kind": "document", "title": "Minutes", **given}
    return actions.add_evidence(to=result, by=world.reporter, **asked)


def file(name: str = "report.pdf", size: int = 9) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.7 "[:size].ljust(size, b"x"))


EVIDENCE: list[tuple[dict[str, Any], str]] = [
    ({"kind": "file", "file": None}, "missing_file"),
    ({"kind": "file", "file": file("virus.exe")}, "unsupported_file_type"),
    ({"kind": "file", "file": file("page.html")}, "unsupported_file_type"),
    ({"kind": "file", "file": file(size=0)}, "empty_file"),
    ({"kind": "link", "url": "javascript:alert(1)"}, "not_a_link"),
    ({"kind": "link", "url": "no address"}, "not_a_link"),
    ({"kind": "document", "title": "  "}, "missing_title"),
]


@pytest.mark.parametrize(("given", "code"), EVIDENCE)
def test_evidence_that_cannot_be_kept(world: World, given: dict[str, Any], code: str) -> None:
    world.save()
    assert code_of(lambda: evidence(world, **given)) == code


def test_an_upload_that_is_too_large_is_refused(world: World, settings: Any) -> None:
    settings.EVIDENCE_MAX_BYTES = 10
    world.save()
    assert code_of(lambda: evidence(world, kind="file", file=file(size=11))) == "too_large"


def test_a_file_is_kept_under_a_random_name(world: World) -> None:
    kept = evidence(world, kind="file", title="", file=file("../../etc/passwd.pdf"))
    assert kept.title == "passwd.pdf"
    assert kept.stored and str(kept.stored.file.name).startswith("evidence/")
    assert "passwd" not in str(kept.stored.file.name)


def test_evidence_of_what_is_submitted_stays_as_it_is(world: World) -> None:
    kept = evidence(world)
    actions.submit(rows=[kept.result], by=world.reporter)  # type: ignore[list-item]
    kept.refresh_from_db()
    assert code_of(lambda: evidence(world)) == "wrong_status"
    refused = code_of(lambda: actions.remove_evidence(evidence=kept, by=world.reporter))
    assert refused == "wrong_status"


# --- Projects and reporting lines ----------------------------------------------------------


def test_places_of_a_project_and_indicator_do_not_contain_each_other(world: World) -> None:
    with pytest.raises(InvalidInput) as refusal:
        factories.line(world.project, world.indicator)
    assert refusal.value.code == "places_overlap"


def test_two_cities_of_a_country_are_two_places(world: World) -> None:
    indicator = factories.indicator(world.outcome)
    for name in ("Nairobi", "Kisumu"):
        city = Thing.objects.create(
            plan=world.plan, kind="city", key=name, name={"en": name}, country=world.kenya
        )
        actions.set_line(project=world.project, indicator=indicator, city=city, by=None)
    assert world.project.lines.filter(indicator=indicator).count() == 2


def test_a_line_is_for_a_country_of_the_project(world: World) -> None:
    chad = factories.country("TCD", "Chad")
    with pytest.raises(InvalidInput) as refusal:
        factories.line(world.project, world.indicator, chad)
    assert (refusal.value.code, refusal.value.problems[0].field) == (
        "country_outside_project",
        "country",
    )


def test_a_line_is_of_an_outcome_that_the_project_serves(world: World) -> None:
    other = factories.indicator(factories.outcome(world.plan, "4.4"))
    new = {"project": world.project, "by": None, "country": world.kenya}
    with pytest.raises(InvalidInput) as refusal:
        actions.set_line(indicator=other, **new)
    assert (refusal.value.code, refusal.value.problems[0].field) == (
        "indicator_of_other_outcome",
        "indicator",
    )
    actions.set_line(indicator=factories.indicator(world.plan), **new)
    corporate = factories.project(world.plan, kind="corporate_source")
    actions.set_line(project=corporate, indicator=other, by=None)


def test_a_line_of_an_outcome_that_is_served_no_longer_can_only_end(world: World) -> None:
    factories.serve(world.project, world.indicator)
    known = {"project": world.project, "indicator": world.indicator, "country": world.kenya}
    actions.set_line(**known, expected_to=date(2020, 12, 31), by=None)
    world.project.alignments.all().delete()
    actions.set_line(**known, expected_to=date(2020, 6, 30), by=None)
    with pytest.raises(InvalidInput) as refusal:
        actions.set_line(**known, expected_to=date(2021, 6, 30), by=None)
    assert refusal.value.code == "indicator_of_other_outcome"


def test_nothing_is_entered_on_a_headline(world: World) -> None:
    headline = factories.indicator(world.plan, is_headline=True)
    with pytest.raises(DomainError) as refusal:
        factories.line(world.project, headline)
    assert refusal.value.code == "headline_takes_no_results"


def test_a_line_does_not_end_before_it_begins(world: World) -> None:
    with pytest.raises(InvalidInput) as refusal:
        factories.line(
            world.project,
            world.indicator,
            world.kenya,
            expected_from=date(2021, 1, 1),
            expected_to=date(2020, 1, 1),
        )
    assert refusal.value.code == "dates_reversed"


def test_a_country_that_is_reported_for_stays_with_its_project(world: World) -> None:
    manager = factories.user("Manager", Role.MANAGER, world.office)
    with pytest.raises(InvalidInput) as refusal:
        actions.save_project(
            plan=world.plan, code="P1", title={"en": "P"}, office=world.office, by=manager
        )
    assert refusal.value.code == "country_has_lines"


def test_a_project_has_one_primary_outcome(world: World) -> None:
    second = factories.outcome(world.plan, "1.2")
    actions.set_alignment(project=world.project, outcome=second, rank="primary", by=None)
    assert [row.outcome for row in world.project.alignments.all()] == [second]


def test_a_new_project_is_named_in_words(world: World) -> None:
    manager = factories.user("Manager", Role.MANAGER, world.office)
    made = actions.save_project(
        plan=world.plan,
        code="P2",
        title={"en": "Water"},
        office=world.office,
        reason="Approved before",
        by=manager,
    )
    assert str(made) == "P2 Water"
    assert ActivityEntry.objects.about(made).get().target_label == "P2 Water"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"reason": " "}, "missing_reason"),
        ({"reason": "Approved before", "status": "pipeline"}, "needs_proposal"),
        ({"reason": "Approved before", "status": "appraisal"}, "needs_proposal"),
        ({"reason": "Approved before", "status": "rejected"}, "needs_proposal"),
    ],
)
def test_a_project_without_a_proposal_was_approved_elsewhere_and_says_why_it_is_here(
    world: World, given: dict[str, str], code: str
) -> None:
    manager = factories.user("Manager", Role.MANAGER, world.office)
    known = {"plan": world.plan, "code": "P2", "title": {"en": "Water"}, "office": world.office}
    with pytest.raises(InvalidInput) as refusal:
        actions.save_project(**known, **given, by=manager)
    assert refusal.value.code == code
    assert not type(world.project).objects.filter(code="P2").exists()


def test_a_project_that_is_taken_over_keeps_by_whom_and_why(world: World) -> None:
    manager = factories.user("Manager", Role.MANAGER, world.office)
    known = {"plan": world.plan, "code": "P2", "title": {"en": "Water"}, "office": world.office}
    made = actions.save_project(
        **known, status="suspended", reason="Approved under the plan before", by=manager
    )
    assert made.taken_over_at is not None
    assert (made.taken_over_by, made.taken_over_reason) == (
        manager,
        "Approved under the plan before",
    )
    with pytest.raises(DomainError) as refusal:
        actions.save_project(**known, status="closed", by=manager)
    assert refusal.value.code == "status_has_steps"


def test_a_project_that_moves_takes_its_results_along(world: World) -> None:
    world.approved()
    other = factories.office("ROAP")
    actions.save_project(
        plan=world.plan,
        code="P1",
        title={"en": "P"},
        office=other,
        countries=[world.kenya],
        by=factories.user("Boss", Role.MANAGER),
    )
    official = Measurement.objects.live().get(plan=world.plan, basis=Basis.OFFICIAL, cell="")
    assert official.office == other


def test_more_corrections_ask_no_more_queries(world: World) -> None:
    def begin(number: int) -> int:
        lines = [
            factories.line(world.project, factories.indicator(world.outcome), world.kenya)
            for _ in range(number)
        ]
        for line in lines:
            factories.report(line, 5)
        entries = [
            ResultInput(line=line, period=world.period, value="6", reason=f"Reason {at}")
            for at, line in enumerate(lines)
        ]
        with CaptureQueriesContext(connection) as asked:
            begun = actions.save_results(entries=entries, by=world.reporter)
        told = ActivityEntry.objects.filter(verb="began correction").order_by("-pk")[:number]
        assert {one.reason for one in told} == {one.correction_reason for one in begun}
        return len(asked)

    begin(1)  # what is read once a person, such as roles
    assert begin(1) == begin(5)
