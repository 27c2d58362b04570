"""The register of deliverables: registered once, and every result that counts them in step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from outcomes.actions import get_thing, set_counts_from
from outcomes.choices import EvidenceRule
from outcomes.models import Indicator, Thing
from outcomes.rollup.queue import drain
from outcomes.rollup.reader import read
from plans.actions import close_period
from projects import actions
from projects.actions import DeliverableInput, ResultInput
from projects.models import Deliverable, ProjectIndicator, Result
from tests import factories

pytestmark = pytest.mark.django_db


class World:
    """A project in Kenya that reports publications there, counted from the register."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP")
        self.outcome, self.other = factories.outcome(self.plan), factories.outcome(self.plan, "1.2")
        self.office = factories.office("ROAF")
        self.kenya = factories.country("KEN", "Kenya", self.office)
        self.uganda = factories.country("UGA", "Uganda", self.office)
        self.project = factories.project(self.plan, "P1", self.office, self.kenya, self.outcome)
        self.project.countries.add(self.uganda)
        self.indicator = factories.counting(self.outcome, code="PUB")
        self.line = self.report(self.indicator, self.kenya)
        self.rita = factories.user("Rita", Role.REPORTER, self.office)
        self.rob = factories.user("Rob", Role.REVIEWER, self.office)

    def report(self, indicator: Indicator, where: Any = None) -> ProjectIndicator:
        return factories.line(self.project, indicator, where)

    def register(self, title: str = "Guide", **content: Any) -> Deliverable:
        entered = {"by": self.rita, "country": self.kenya} | content
        return factories.deliverable(entered.pop("project", self.project), title, **entered)

    def change(self, one: Deliverable, reason: str = "", **content: Any) -> Deliverable:
        """Send the form of a deliverable again, with some fields changed."""
        names = ("kind", "title", "outcome", "date", "language", "country", "city", "link")
        held: dict[str, Any] = {
            name: getattr(one, name) for name in (*names, "symbol", "women", "men", "unstated")
        }
        held["is_joint"] = one.joint_with_id is not None
        return actions.save_deliverable(
            project=one.project,
            entered=DeliverableInput(**(held | content)),
            by=self.rita,
            deliverable=one,
            version=one.version,
            reason=reason,
        )

    def count(self, line: ProjectIndicator | None = None, at: str = "2020-Q1") -> list[str] | None:
        """What stands in the latest revision of a line's result, by name; None: no result."""
        results = Result.objects.filter(line=line or self.line, period__label=at)
        last = results.order_by("revision").last()
        return sorted(str(thing) for thing in last.things.all()) if last else None

    def approve(self, at: str = "2020-Q1") -> Result:
        rows = list(Result.objects.filter(line=self.line, period__label=at, status="draft"))
        actions.approve(rows=actions.submit(rows=rows, by=self.rita), by=self.rob)
        return Result.objects.get(pk=rows[0].pk)

    def enter(self, line: ProjectIndicator | None = None, **content: Any) -> Result:
        entry = ResultInput(
            line=line or self.line, period=factories.period(self.plan, "2020-Q1"), **content
        )
        return actions.save_results(entries=[entry], by=self.rita)[0]


@pytest.fixture
def world() -> World:
    return World()


def everything() -> list[Any]:
    models: Any = (Deliverable, Result, Thing, ActivityEntry)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def refusal(act: Callable[[], Any]) -> DomainError:
    """What an act is refused with; nothing was changed."""
    before = everything()
    with pytest.raises(DomainError) as error:
        act()
    assert everything() == before
    return error.value


def code_of(act: Callable[[], Any]) -> str:
    return refusal(act).code


def problems_of(act: Callable[[], Any]) -> set[tuple[str, str]]:
    error = refusal(act)
    assert isinstance(error, InvalidInput)
    return {(one.field, one.code) for one in error.problems}


# --- What counts where ------------------------------------------------------------------------


def test_what_is_registered_is_counted_in_a_draft_of_its_period(world: World) -> None:
    world.register("Guide")
    world.register("Atlas")
    world.register("Later", date=date(2020, 4, 1))
    assert world.count() == ["Atlas", "Guide"]
    assert world.count(at="2020-Q2") == ["Later"]
    result = Result.objects.get(period__label="2020-Q1")
    assert (result.status, result.entered_by) == ("draft", world.rita)


@pytest.mark.parametrize(
    ("day", "period"),
    [
        (date(2020, 1, 1), "2020-Q1"),
        (date(2020, 3, 31), "2020-Q1"),
        (date(2020, 4, 1), "2020-Q2"),
    ],
)
def test_first_and_last_day_belong_to_their_period(world: World, day: date, period: str) -> None:
    world.register(date=day)
    assert [result.period.label for result in Result.objects.all()] == [period]


def test_kind_outcome_and_place_say_which_results_count_it(world: World) -> None:
    uganda = world.report(world.indicator, world.uganda)
    tools = world.report(factories.counting(world.outcome, "technical_material"))
    elsewhere = world.report(factories.counting(world.other))
    whole = world.report(factories.counting(world.plan))
    domain = factories.counting(world.plan, owner="domain", domain=world.outcome.domain)
    of_domain = world.report(domain)
    world.register("Guide")
    world.register("Other outcome", outcome=world.other)
    world.register("Ugandan", country=world.uganda)
    world.register("Tool", kind="technical_material")
    world.register("Anywhere", country=None)
    assert world.count() == ["Guide"]
    assert world.count(uganda) == ["Ugandan"]
    assert world.count(tools) == ["Tool"]
    assert world.count(elsewhere) == ["Other outcome"]
    everywhere = ["Anywhere", "Guide", "Other outcome", "Ugandan"]
    assert world.count(whole) == world.count(of_domain) == everywhere


def test_a_city_counts_what_was_delivered_in_it_and_its_country_all_of_it(world: World) -> None:
    nairobi = get_thing(plan=world.plan, kind="city", key="nairobi", country=world.kenya)
    indicator = factories.counting(world.outcome)
    line = factories.set_line(project=world.project, indicator=indicator, city=nairobi, by=None)
    world.register("Guide", city=nairobi, country=None)
    world.register("Atlas")
    assert world.count(line) == ["Guide"]
    assert world.count() == ["Atlas", "Guide"]


def test_a_field_project_is_counted_among_projects(world: World) -> None:
    line = world.report(factories.counting(world.outcome, "field_project"))
    one = world.register("Water points", kind="field_project")
    assert world.count(line) == ["Water points"] and one.thing.kind == "project"


def test_what_no_line_counts_is_kept_in_the_register(world: World) -> None:
    world.register("Campaign", kind="outreach")
    assert Deliverable.objects.count() == 1 and not Result.objects.exists()


def test_participants_add_up_by_sex(world: World) -> None:
    line = world.report(factories.counting(world.outcome, "participants"))
    world.register("Seminar", kind="event", women="12", men=8)
    world.register("Workshop", kind="event", women=None, unstated=5)
    result = Result.objects.get(line=line)
    cells = {cell.category.code: cell.value for cell in result.cells.all()}
    assert result.value == 25
    assert cells == {"female": Decimal(12), "male": Decimal(8)}


# --- Every change brings the results along --------------------------------------------------


def test_a_moved_date_moves_it_to_the_other_period(world: World) -> None:
    one = world.register()
    world.change(one, date=date(2020, 5, 5))
    assert world.count() == [] and world.count(at="2020-Q2") == ["Guide"]


def test_another_place_kind_or_outcome_moves_it_to_another_result(world: World) -> None:
    uganda = world.report(world.indicator, world.uganda)
    tools = world.report(factories.counting(world.outcome, "technical_material"), world.kenya)
    one = world.change(world.register(), country=world.uganda)
    assert (world.count(), world.count(uganda)) == ([], ["Guide"])
    one = world.change(one, country=world.kenya, kind="technical_material")
    assert (world.count(uganda), world.count(tools)) == ([], ["Guide"])
    world.change(one, kind="publication", outcome=world.other)
    assert (world.count(), world.count(tools)) == ([], [])


def test_when_the_last_is_cancelled_the_count_is_a_value_of_zero(world: World) -> None:
    one = world.register()
    actions.cancel_deliverable(deliverable=one, reason="Never printed", by=world.rita)
    assert world.count() == []
    result = world.approve()
    assert (result.state, result.unnamed, result.status) == ("reported", 0, "approved")


def test_what_else_the_result_says_stays(world: World) -> None:
    other = factories.counting(world.other)
    world.register("Guide")
    world.enter(narrative="Printed twice", qualifier="at_least", credits=[other])
    world.register("Atlas")
    result = Result.objects.get()
    assert (result.narrative, result.qualifier) == ("Printed twice", 1)
    assert [one.code for one in result.credits.all()] == [other.code]


def test_a_change_that_moves_no_count_leaves_results_alone(world: World) -> None:
    one = world.register()
    world.approve()
    world.change(one, link="https://example.org/new")
    assert [(row.revision, row.status) for row in Result.objects.all()] == [(1, "approved")]


def test_beside_an_approved_result_a_correction_begins_for_a_reason(world: World) -> None:
    world.register()
    approved = world.approve()
    told = refusal(lambda: world.register("Atlas"))
    assert told.code == "missing_reason" and "PUB" in told.message
    world.register("Atlas", reason="Found later")
    correction = Result.objects.get(corrects=approved)
    assert correction.correction_reason == "Found later"
    assert world.count() == ["Atlas", "Guide"]


def test_what_is_submitted_has_to_be_recalled_first(world: World) -> None:
    one = world.register()
    actions.submit(rows=list(Result.objects.all()), by=world.rita)
    told = refusal(lambda: world.register("Atlas"))
    assert told.code == "already_submitted" and "P1 PUB Kenya" in told.message
    cancel = lambda: actions.cancel_deliverable(deliverable=one, reason="Why", by=world.rita)  # noqa: E731
    assert code_of(cancel) == "already_submitted"


def test_a_closed_period_takes_and_loses_nothing_unless_it_may_come_late(world: World) -> None:
    one = world.register()
    manager = factories.user("Mo", Role.MANAGER)
    period = close_period(period=factories.period(world.plan), by=manager)
    later = world.register("Atlas", date=date(2020, 5, 5))
    acts: list[Callable[[], Any]] = [
        lambda: world.register("Report"),
        lambda: world.change(one, title="Better"),
        lambda: world.change(later, date=date(2020, 2, 2)),
        lambda: actions.cancel_deliverable(deliverable=one, reason="Why", by=world.rita),
    ]
    assert [code_of(act) for act in acts] == ["period_closed"] * 4
    until = timezone.localdate() + timedelta(days=3)
    actions.allow_late_entry(
        project=world.project, period=period, until=until, reason="Flood", by=manager
    )
    world.register("Report")
    assert world.count() == ["Guide", "Report"]
    assert Result.objects.get(period=period).is_late


def test_figures_follow_the_register(world: World) -> None:
    world.register("Guide")
    world.register("Atlas")
    world.approve()
    drain()
    figure = read([world.indicator], periods=(1, 1), cells=False).get(world.indicator, 0, 1)
    assert figure.to_date == 2


# --- Each once -------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["Guide", "  guide ", "GUIDE"])
def test_one_title_of_a_kind_is_registered_once(world: World, title: str) -> None:
    world.register("Guide")
    told = refusal(lambda: world.register(title, date=date(2020, 5, 5)))
    assert told.code == "duplicate_deliverable" and "“Guide”" in told.message
    world.register(title, kind="outreach")


def test_one_symbol_is_registered_once(world: World) -> None:
    world.register("Guide", symbol="HS/012/21E")
    act = lambda: world.register("The guide", symbol="hs/012/21e")  # noqa: E731
    assert problems_of(act) == {("symbol", "duplicate_deliverable")}


def test_workshops_of_one_title_differ_by_day_and_place(world: World) -> None:
    world.report(factories.counting(world.outcome, "event"))
    world.register("Training", kind="event")
    world.register("Training", kind="event", date=date(2020, 2, 2))
    world.register("Training", kind="event", country=world.uganda)
    assert code_of(lambda: world.register("training", kind="event")) == "duplicate_deliverable"
    assert Result.objects.get().things.count() == 3


def test_long_titles_that_begin_alike_are_two(world: World) -> None:
    world.register("A" * 150 + " one")
    world.register("A" * 150 + " two")
    assert Result.objects.get().things.count() == 2


def test_what_was_cancelled_can_be_registered_again(world: World) -> None:
    one = world.register()
    actions.cancel_deliverable(deliverable=one, reason="By mistake", by=world.rita)
    world.register()
    assert world.count() == ["Guide"]


def test_two_offices_register_a_joint_one_and_it_counts_once(world: World) -> None:
    partner = factories.project(world.plan, "P2", factories.office("ROAP"), serves=world.outcome)
    theirs = factories.line(partner, world.indicator)
    first = world.register("Guide")
    chief = factories.user("Chief", Role.REPORTER)
    told = refusal(lambda: world.register("Guide", project=partner, by=chief))
    assert told.code == "duplicate_deliverable" and "P1 (Office ROAF)" in told.message
    joint = world.register("Guide", project=partner, by=chief, is_joint=True)
    assert (joint.joint_with, joint.thing) == (first, first.thing)
    for line in (world.line, theirs):
        assert world.count(line) == ["Guide"]
    actions.approve(
        rows=actions.submit(rows=list(Result.objects.all()), by=chief),
        by=factories.user("Head", Role.REVIEWER),
    )
    drain()
    figure = read([world.indicator], periods=(1, 1), cells=False).get(world.indicator, 0, 1)
    assert figure.to_date == 1


def test_a_joint_one_stays_one_when_its_title_is_corrected(world: World) -> None:
    partner = factories.project(world.plan, "P2", world.office)
    first = world.register("Gide")
    joint = world.register("Gide", project=partner, is_joint=True)
    changed = world.change(first, title="Guide")
    again = world.change(joint, title="The guide")
    assert changed.thing == again.thing == first.thing and again.joint_with == first
    assert code_of(lambda: world.change(changed, kind="outreach")) == "joint_deliverable"


def test_participants_of_a_joint_event_are_told_by_who_registered_it_first(world: World) -> None:
    partner = factories.project(world.plan, "P2", world.office)
    line = factories.line(partner, factories.counting(world.outcome, "participants"))
    world.register("Seminar", kind="event", women=10, men=10)
    act = lambda: world.register(  # noqa: E731
        "Seminar", kind="event", project=partner, is_joint=True, women=10
    )
    assert problems_of(act) == {("women", "participants_of_joint_event")}
    world.register("Seminar", kind="event", project=partner, is_joint=True, women=None)
    assert Result.objects.get(line=line).value == 0


def test_nothing_is_joint_that_nobody_else_registered(world: World) -> None:
    assert problems_of(lambda: world.register(is_joint=True)) == {("is_joint", "nothing_to_join")}


# --- Bad input -------------------------------------------------------------------------------

TOMORROW = date(2999, 1, 1)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ({"title": " "}, ("title", "missing_title")),
        ({"title": "x" * 301}, ("title", "too_long")),
        ({"kind": "song"}, ("kind", "unknown_kind")),
        ({"outcome": None}, ("outcome", "missing_outcome")),
        ({"date": None}, ("date", "missing_date")),
        ({"date": TOMORROW}, ("date", "date_in_future")),
        ({"date": date(2019, 12, 31)}, ("date", "date_outside_plan")),
        ({"language": "xx"}, ("language", "unknown_language")),
        ({"link": ""}, ("link", "missing_link_or_symbol")),
        ({"link": "example.org"}, ("link", "not_a_link")),
        ({"link": "javascript:alert(1)"}, ("link", "not_a_link")),
        ({"symbol": "<b>"}, ("symbol", "not_a_symbol")),
        ({"symbol": "A" * 61}, ("symbol", "not_a_symbol")),
        ({"women": "3"}, ("women", "participants_of_event_only")),
        ({"kind": "event", "women": ""}, ("women", "missing_participants")),
        ({"kind": "event", "women": "0"}, ("women", "missing_participants")),
        ({"kind": "event", "women": "1.5"}, ("women", "not_a_whole_number")),
        ({"kind": "event", "men": "-1"}, ("men", "negative_not_allowed")),
        ({"kind": "event", "men": "many"}, ("men", "not_a_number")),
        ({"kind": "event", "unstated": "1000001"}, ("unstated", "out_of_range")),
    ],
)
def test_bad_input_is_refused_beside_its_field(
    world: World, content: dict[str, Any], wrong: tuple[str, str]
) -> None:
    asked = dict(content)
    title = asked.pop("title", "Guide")
    assert problems_of(lambda: world.register(title, **asked)) == {wrong}


def test_every_problem_is_told_at_once(world: World) -> None:
    act = lambda: world.register(" ", kind="song", date=None, link="")  # noqa: E731
    assert len(problems_of(act)) == 4


def test_outcome_and_city_are_of_the_plan(world: World) -> None:
    other = factories.plan("OTHER")
    town = get_thing(plan=other, kind="city", key="town", country=world.kenya)
    act = lambda: world.register(outcome=factories.outcome(other), city=town)  # noqa: E731
    with pytest.raises(InvalidInput) as error:
        act()
    assert [one.code for one in error.value.problems] == ["unknown_outcome", "unknown_place"]


def test_a_symbol_alone_is_enough(world: World) -> None:
    assert world.register(link="", symbol=" HSP/EB.2021/8 ").symbol == "HSP/EB.2021/8"


def test_the_second_of_two_who_change_it_is_told(world: World) -> None:
    one = world.register()
    seen = Deliverable.objects.get(pk=one.pk)
    world.change(one, title="Better")
    assert code_of(lambda: world.change(seen, title="Best")) == "version_conflict"


def test_what_is_sent_again_unchanged_changes_nothing(world: World) -> None:
    one = world.register()
    before = everything()
    world.change(one)
    assert everything() == before


def test_a_cancelled_one_is_neither_changed_nor_cancelled_again(world: World) -> None:
    one = world.register()
    cancel = lambda why: actions.cancel_deliverable(deliverable=one, reason=why, by=world.rita)  # noqa: E731
    assert code_of(lambda: cancel(" ")) == "missing_reason"
    cancel("Why")
    assert code_of(lambda: cancel("Why")) == "already_cancelled"
    act = lambda: actions.save_deliverable(  # noqa: E731
        project=world.project,
        entered=DeliverableInput("publication", "X", world.outcome, date(2020, 2, 1), link="x"),
        by=world.rita,
        deliverable=one,
    )
    assert code_of(act) == "already_cancelled"


@pytest.mark.parametrize("role", [None, *(role for role in Role.values if role != "reporter")])
def test_only_reporters_of_the_office_register(world: World, role: str | None) -> None:
    one = world.register()
    for who in (
        factories.user("Somebody", role, world.office),
        factories.user("Stranger", Role.REPORTER, factories.office("ROAP")),
    ):
        for act in (
            lambda: world.register("Atlas", by=who),  # noqa: B023
            lambda: actions.cancel_deliverable(deliverable=one, reason="Why", by=who),  # noqa: B023
        ):
            with pytest.raises(NotAllowed):
                act()


# --- Nothing is typed on what counts from the register ---------------------------------------


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"things": ["Guide"]}, "things"),
        ({"unnamed": "3"}, "unnamed"),
        ({"unnamed": "0"}, "unnamed"),
        ({"value": "3"}, "value"),
    ],
)
def test_a_typed_number_is_refused(world: World, content: dict[str, Any], field: str) -> None:
    assert problems_of(lambda: world.enter(**content)) == {(field, "counted_from_register")}


def test_a_typed_number_of_participants_is_refused(world: World) -> None:
    line = world.report(factories.counting(world.outcome, "participants"))
    act = lambda: world.enter(line, value="3", cells={"female": "2"})  # noqa: E731
    assert problems_of(act) == {
        ("value", "counted_from_register"),
        ("cells", "counted_from_register"),
    }


def test_saving_without_a_number_takes_that_of_the_register(world: World) -> None:
    assert world.enter(narrative="Nothing was printed").unnamed == 0
    assert world.count() == []
    assert world.approve().narrative == "Nothing was printed"


def test_there_is_a_value_while_something_is_registered(world: World) -> None:
    world.register()
    act = lambda: world.enter(state="not_applicable")  # noqa: E731
    assert problems_of(act) == {("state", "counted_from_register")}
    assert world.enter(world.report(factories.counting(world.other)), state="not_applicable")


def test_what_was_said_to_be_not_available_gets_its_value(world: World) -> None:
    world.enter(state="not_available")
    world.register()
    assert Result.objects.get().state == "reported" and world.count() == ["Guide"]


def test_a_draft_that_the_register_left_behind_is_not_submitted(world: World) -> None:
    """A line was added, or counting was switched on, when there was a draft already."""
    typed = factories.indicator(world.outcome, kind="distinct", thing_kind="publication")
    line = world.report(typed, world.kenya)
    draft = world.enter(line, things=["Guide", "Atlas"])
    set_counts_from(
        indicator=typed, counts_from="publication", by=factories.user("Mo", Role.MANAGER)
    )
    draft = Result.objects.get(pk=draft.pk)
    assert code_of(lambda: actions.submit(rows=[draft], by=world.rita)) == "register_differs"
    line = ProjectIndicator.objects.select_related("indicator").get(pk=line.pk)
    world.enter(line)
    actions.submit(rows=[draft], by=world.rita)


@pytest.mark.parametrize("is_empty", [False, True])
def test_the_register_is_the_evidence_of_its_count(world: World, is_empty: bool) -> None:
    Indicator.objects.update(evidence_rule=EvidenceRule.REQUIRED)
    world.line = ProjectIndicator.objects.select_related("indicator").get(pk=world.line.pk)
    if is_empty:
        world.enter()
    else:
        world.register()
    assert actions.submit(rows=list(Result.objects.all()), by=world.rita)


# --- What an indicator counts from ------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts_from", "rules", "code"),
    [
        ("song", {}, "unknown_counting"),
        ("publication", {"kind": "quantity"}, "counting_not_possible"),
        ("publication", {"thing_kind": "policy"}, "counting_not_possible"),
        ("publication", {"over_time": "latest"}, "counting_not_possible"),
        ("publication", {"is_headline": True}, "counting_not_possible"),
        ("participants", {}, "counting_not_possible"),
    ],
)
def test_an_indicator_counts_what_it_can(
    world: World, counts_from: str, rules: dict[str, Any], code: str
) -> None:
    base = {"kind": "distinct", "thing_kind": "publication"}
    indicator = factories.indicator(world.outcome, **(base | rules))
    manager = factories.user("Mo", Role.MANAGER)
    act = lambda: set_counts_from(indicator=indicator, counts_from=counts_from, by=manager)  # noqa: E731
    assert problems_of(act) == {("counts_from", code)}


def test_what_was_submitted_fixes_where_an_indicator_counts_from(world: World) -> None:
    manager = factories.user("Mo", Role.MANAGER)
    world.register()
    set_counts_from(indicator=world.indicator, counts_from="", by=manager)
    set_counts_from(indicator=world.indicator, counts_from="publication", by=manager)
    actions.submit(rows=list(Result.objects.all()), by=world.rita)
    act = lambda: set_counts_from(indicator=world.indicator, counts_from="", by=manager)  # noqa: E731
    assert code_of(act) == "counting_is_fixed"


def test_who_sets_it_and_what_changed_is_told(world: World) -> None:
    reporter = lambda: set_counts_from(  # noqa: E731
        indicator=world.indicator, counts_from="", by=world.rita
    )
    assert code_of(reporter) == "not_allowed"
    manager = factories.user("Mo", Role.MANAGER)
    set_counts_from(indicator=world.indicator, counts_from="", by=manager, reason="Typed")
    act = ActivityEntry.objects.filter(verb="set counting").get()
    assert (act.changes, act.reason) == ({"counts_from": ["publication", None]}, "Typed")


# --- What it costs ---------------------------------------------------------------------------


def test_registering_costs_the_same_with_many_lines_and_deliverables(world: World) -> None:
    def cost(title: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            world.register(title)
        return len(asked)

    world.register("First")
    before = cost("Second")
    for number in range(4):
        world.report(factories.counting(world.plan, code=f"MORE{number}"))
    world.register("Third")
    for number in range(5):
        world.register(f"Another {number}")
    assert cost("Last") == before
