"""What waits for whom: owed, remarks for reviewers, who has reported, reminders, landing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, OfficeRole
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from habitat_tracker.wording import THIN_SPACE
from outcomes import scopes
from outcomes.models import Milestone
from plans.actions import close_period
from projects import actions, waiting
from projects.choices import Status
from projects.models import Reminder, Result
from projects.review_checks import remarks_on
from tests import factories
from tests.roles import both, who_may

pytestmark = pytest.mark.django_db


class World:
    """A project of the office for Africa in a plan of two quarters, and its people."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP", quarters=2)
        self.outcome = factories.outcome(self.plan)
        self.africa = factories.office("ROAF", "Africa")
        self.project = factories.project(self.plan, "P1", self.africa, serves=self.outcome)
        self.period = factories.period(self.plan)
        self.line = self.add_line()
        self.rita = factories.user("Rita", Role.REPORTER, self.africa)
        self.rob = factories.user("Rob", Role.REVIEWER, self.africa)
        self.mo = factories.user("Mo", Role.MANAGER, self.africa)

    def add_line(self, **fields: Any) -> Any:
        return factories.line(self.project, factories.indicator(self.outcome, **fields))

    def remind(self, by: Any = None, **other: Any) -> list[Reminder]:
        asked = {"projects": [self.project], "period": self.period, "by": by or self.mo}
        return actions.remind(**(asked | other))


@pytest.fixture
def world() -> World:
    return World()


def page_for(user: Any, path: str, **query: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(path, query)


# --- What I owe -------------------------------------------------------------------------------


def test_what_is_owed_is_told_by_period_with_what_is_sent_and_begun(world: World) -> None:
    factories.report(world.add_line(), 5, to="submitted")
    factories.report(world.add_line(), 5, to="draft")
    first, second = waiting.owed_by(world.rita, world.plan)
    assert (first.label, first.missing, first.drafts) == ("2020-Q1", 2, 1)
    (project,) = first.projects
    assert (project.expected, project.filled, project.drafts, project.missing) == (3, 1, 1, 2)
    assert (second.label, second.missing, second.drafts) == ("2020-Q2", 3, 0)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-2, "2 days late"),
        (-1, "1 day late"),
        (0, "due today"),
        (1, "due in 1 day"),
        (5, "due in 5 days"),
    ],
)
def test_deadlines_are_told_in_words(days: int, words: str) -> None:
    assert waiting.deadline(days) == words


def test_a_late_entry_is_owed_until_its_day(world: World) -> None:
    chief = factories.user("Chief", Role.MANAGER)
    close_period(period=world.period, by=chief)
    until = timezone.localdate() + timedelta(days=4)
    assert [one.label for one in waiting.owed_by(world.rita, world.plan)] == ["2020-Q2"]
    actions.allow_late_entry(
        project=world.project, period=world.period, until=until, reason="Flood", by=chief
    )
    first = waiting.owed_by(world.rita, world.plan)[0]
    assert (first.label, first.projects[0].until) == ("2020-Q1", until)
    assert "you may report until" in page_for(world.rita, "/plans/SP/my-work/").content.decode()


def test_what_came_back_is_shown_with_who_sent_it_and_what_was_said(world: World) -> None:
    result = factories.report(world.line, 5, to="submitted")
    actions.send_back(rows=[result], by=world.rob, reason="Which wells?")
    actions.add_comment(to=result, text="Those of the north", by=world.mo)
    page = page_for(world.rita, "/plans/SP/my-work/").content.decode()
    for words in ("Which wells?", "Rob, ", "Mo:</b> Those of the north"):
        assert words in page


def test_comments_of_others_are_shown_for_thirty_days(world: World) -> None:
    entry = actions.ResultInput(line=world.line, period=world.period, value="5")
    (result,) = actions.save_results(entries=[entry], by=world.rita)
    actions.add_comment(to=result, text="Mine", by=world.rita)
    actions.add_comment(to=result, text="Whose wells?", by=world.mo)
    assert [one.text for one in waiting.comments_for(world.rita, world.plan)] == ["Whose wells?"]
    assert not waiting.comments_for(world.rob, world.plan)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert not waiting.comments_for(world.rita, world.plan)


# --- Where sign-in leads -----------------------------------------------------------------------


def test_reporters_and_reviewers_land_on_the_plan_where_something_waits(world: World) -> None:
    factories.plan("SQ", quarters=1)
    assert page_for(world.rita, "/").headers["Location"] == "/plans/SP/my-work/"
    assert page_for(world.rob, "/").headers["Location"] == "/plans/SQ/my-work/"
    factories.report(world.line, 5, to="submitted")
    assert page_for(world.rob, "/").headers["Location"] == "/plans/SP/my-work/"


@pytest.mark.parametrize("role", [Role.READER, Role.MANAGER, Role.ADMINISTRATOR, None])
def test_others_land_on_the_plan(world: World, role: str | None) -> None:
    somebody = factories.user("Some", role, world.africa)
    assert page_for(somebody, "/").headers["Location"] == "/plans/SP/"
    if role in (Role.MANAGER, Role.ADMINISTRATOR):
        OfficeRole.objects.create(user=somebody, office=world.africa, role=Role.REPORTER)
        assert page_for(somebody, "/").headers["Location"] == "/plans/SP/"


# --- What a reviewer looks at twice ------------------------------------------------------------


def codes(*results: Result) -> list[list[str]]:
    rows = Result.objects.filter(pk__in=[one.pk for one in results]).with_names().order_by("pk")
    found = remarks_on(rows)
    return [[remark.code for remark in found[row.pk]] for row in rows]


def in_time(day: str = "2020-04-05") -> Any:
    """Just after the first quarter."""
    return time_machine.travel(f"{day}T12:00:00Z", tick=False)


def test_a_result_in_order_has_no_remarks(world: World) -> None:
    with in_time():
        result = factories.report(world.line, 5, to="draft", narrative="Wells were dug.")
        actions.add_evidence(to=result, kind="document", title="Minutes", by=world.rita)
        actions.submit(rows=[result], by=world.rita)
    assert codes(result) == [[]]


def test_what_is_missing_or_not_exact_is_remarked(world: World) -> None:
    with in_time():
        bare = factories.report(world.line, 5, to="submitted", qualifier="about")
        none = factories.report(world.add_line(), None, state="not_available", to="submitted")
    late = factories.report(world.add_line(), 5, to="submitted", narrative="Said.")
    assert codes(bare, none, late) == [
        ["no_evidence", "not_exact", "no_narrative"],
        [],
        ["no_evidence", "submitted_late"],
    ]


def test_parts_that_do_not_reach_the_total_are_remarked(world: World) -> None:
    lines = [world.add_line(categories={"sex": ["f", "m"]}) for _each in range(2)]
    with in_time():
        part = factories.report(lines[0], 9, to="submitted", cells={"f": 4, "m": 3})
        whole = factories.report(lines[1], 9, to="submitted", cells={"f": 4, "m": 5})
    first, second = codes(part, whole)
    assert "breakdown_incomplete" in first and "breakdown_incomplete" not in second
    rows = Result.objects.filter(pk=part.pk).with_names()
    words = {one.code: one.text for one in remarks_on(rows)[part.pk]}
    assert words["breakdown_incomplete"] == "By sex, 2 of 9 are not told."


def test_numbers_in_remarks_are_rounded_half_up(world: World) -> None:
    line = world.add_line(over_time="latest")
    factories.report(line, "1000.125")
    fallen = factories.report(line, 900, at="2020-Q2", to="submitted")
    rows = Result.objects.filter(pk=fallen.pk).with_names()
    words = {one.code: one.text for one in remarks_on(rows)[fallen.pk]}
    assert words["below_last_period"].startswith(f"Lower than 1{THIN_SPACE}000.13 in 2020 Q1")


@pytest.mark.parametrize(
    ("rules", "before", "now", "expected"),
    [
        ({"over_time": "latest"}, 10, 9, {"below_last_period"}),
        ({"over_time": "latest"}, 10, 10, set()),
        ({"over_time": "latest", "direction": "decrease"}, 10, 9, set()),
        ({"over_time": "sum"}, 10, 9, set()),
        ({}, 10, 30, set()),
        ({}, 10, 31, {"large_change"}),
        ({}, 30, 10, set()),
        ({}, 30, 9, {"large_change"}),
        ({}, 0, 9, set()),
    ],
)
def test_a_value_is_compared_with_the_last_approved_one(
    world: World, rules: dict[str, str], before: int, now: int, expected: set[str]
) -> None:
    line = world.add_line(**rules)
    factories.report(line, before)
    result = factories.report(line, now, at="2020-Q2", to="submitted")
    compared = {"below_last_period", "large_change"}
    assert compared & set(codes(result)[0]) == expected


@pytest.mark.parametrize(("now", "is_far"), [(1, True), (6, False), (30, False), (31, True)])
def test_what_is_far_from_the_milestone_of_the_line_is_remarked(
    world: World, now: int, is_far: bool
) -> None:
    factories.report(world.line, 4)
    Milestone.objects.create(
        indicator=world.line.indicator,
        scope=scopes.of_contributor(world.line.contributor_id),
        value="17" if now > 10 else "11",
        date=factories.period(world.plan, "2020-Q2").end,
        recorded_at=timezone.now(),
    )
    result = factories.report(world.line, now, at="2020-Q2", to="submitted")
    assert ("far_from_milestone" in codes(result)[0]) == is_far


def test_a_correction_is_remarked_with_its_reason_and_is_not_late(world: World) -> None:
    factories.report(world.line, 4)
    again = factories.report(world.line, 5, to="submitted", reason="One well was left out")
    rows = Result.objects.filter(pk=again.pk).with_names()
    told = {one.code: one.text for one in remarks_on(rows)[again.pk]}
    assert told["correction"] == "A correction: One well was left out"
    assert "submitted_late" not in told


def test_remarks_cost_the_same_queries_for_one_and_for_three(world: World) -> None:
    def cost() -> int:
        rows = list(Result.objects.all().with_names())
        with CaptureQueriesContext(connection) as asked:
            remarks_on(rows)
        return len(asked)

    factories.report(world.line, 5, to="submitted")
    one = cost()
    for _more in range(2):
        factories.report(world.add_line(), 5, to="submitted")
    assert cost() == one <= 5


def test_the_same_file_behind_another_line_is_remarked(world: World) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    drafts = [factories.report(line, 5, to="draft") for line in (world.line, world.add_line())]
    for draft in drafts:
        actions.add_evidence(
            to=draft, kind="file", title="", by=world.rita,
            file=SimpleUploadedFile("wells.txt", b"Wells of the north"),
        )  # fmt: skip
    assert ["file_used_elsewhere" in told for told in codes(*drafts)] == [True, True]


def test_remarks_are_shown_to_reviewers_of_what_waits_only(world: World) -> None:
    result = factories.report(world.line, 5, to="submitted")
    path = f"/plans/SP/results/{result.pk}/"
    assert "No evidence stands behind it." in page_for(world.rob, path).content.decode()
    assert "No evidence stands behind it." not in page_for(world.rita, path).content.decode()
    assert (
        "No evidence stands behind it."
        in page_for(world.rob, "/plans/SP/my-work/").content.decode()
    )


def clear_result(world: World, line: Any) -> Result:
    with in_time():
        result = factories.report(line, 5, to="draft", narrative="Wells were dug.")
        actions.add_evidence(to=result, kind="document", title="Minutes", by=world.rita)
        return actions.submit(rows=[result], by=world.rita)[0]


def test_the_queue_is_chosen_by_period_office_and_remarks(world: World) -> None:
    clear = clear_result(world, world.line)
    other = factories.report(world.add_line(), 5, at="2020-Q2", to="submitted")

    def shown(**query: str) -> list[int]:
        page = page_for(world.rob, "/plans/SP/my-work/", **query)
        return [one.row.pk for one in page.context["queue"].rows]

    assert shown() == [clear.pk, other.pk]
    assert shown(period="2020-Q2") == shown(remarks="with") == [other.pk]
    assert shown(remarks="without") == [clear.pk]
    assert shown(office="ROAF") == [clear.pk, other.pk]
    assert shown(office="HQ", remarks="nonsense") == [clear.pk, other.pk]
    assert shown(office="NOWHERE") == shown(period="1999") == []


def test_all_without_remarks_are_approved_at_once_and_no_other(world: World) -> None:
    clear = clear_result(world, world.line)
    other = factories.report(world.add_line(), 5, to="submitted")
    client = Client()
    client.force_login(world.rob)
    page = client.get("/plans/SP/my-work/").content.decode()
    assert f'name="clear" value="{clear.pk}:{clear.version}"' in page
    assert f'name="clear" value="{other.pk}' not in page
    asked = {
        "clear": f"{clear.pk}:{clear.version}",
        "result": f"{other.pk}:{other.version}",
        "without_remarks": "1",
        "query": "remarks=without&evil=//x",
    }
    answer = client.post("/plans/SP/my-work/approve/", asked)
    assert answer.headers["Location"] == "/plans/SP/my-work/?remarks=without#review"
    statuses = [Result.objects.get(pk=one.pk).status for one in (clear, other)]
    assert statuses == [Status.APPROVED, Status.SUBMITTED]


# --- Who has reported --------------------------------------------------------------------------


@pytest.mark.parametrize("role", [None, *Role.values])
def test_managers_see_who_has_reported(world: World, role: str | None) -> None:
    page = page_for(factories.user("Some", role, world.africa), "/plans/SP/who-reported/")
    assert page.status_code == (200 if role == Role.MANAGER else 403)


def test_who_has_reported_is_counted_by_office_project_and_outcome(world: World) -> None:
    kenya = factories.office("KEN", "Kenya", world.africa)
    second = factories.project(world.plan, "P2", kenya, serves=world.outcome)
    factories.line(second, factories.indicator(factories.outcome(world.plan, "2.1")))
    factories.report(world.line, 5)
    factories.report(world.add_line(), 5, to="submitted")
    world.add_line()

    def told(user: Any, **query: str) -> dict[str, list[str]]:
        page = page_for(user, "/plans/SP/who-reported/", period="2020-Q1", **query).context["page"]
        rows = {row.code: row for row in page.rows} | {"all": page.total}
        return {
            code: [
                f"{column.code} {cell.sent}/{cell.expected} {cell.approved}"
                for column, cell in row.cells
                if cell.expected
            ]
            for code, row in rows.items()
        }

    whole = {"KEN": ["2.1 0/1 0"], "P1": ["1.1 2/3 1"], "all": ["1.1 2/3 1", "2.1 0/1 0"]}
    assert told(world.mo) == whole
    chief = factories.user("Chief", Role.MANAGER)
    assert told(chief) == {"ROAF": whole["all"], "all": whole["all"]}
    assert told(world.mo, office="KEN") == {"P2": ["2.1 0/1 0"], "all": ["2.1 0/1 0"]}
    by_indicator = told(world.mo, outcome="1.1")
    assert len(by_indicator["P1"]) == 3 and "KEN" not in by_indicator


@pytest.mark.parametrize(
    "query",
    [{"office": "ROAP"}, {"office": "HQ"}, {"office": "X"}, {"period": "X"}, {"outcome": "9.9"}],
)
def test_what_is_not_managed_or_not_there_is_not_found(world: World, query: dict[str, str]) -> None:
    factories.office("ROAP")
    assert page_for(world.mo, "/plans/SP/who-reported/", **query).status_code == 404


def test_somebody_who_manages_two_offices_sees_both(world: World) -> None:
    asia = factories.office("ROAP", "Asia")
    OfficeRole.objects.create(user=world.mo, office=asia, role=Role.MANAGER)
    factories.line(factories.project(world.plan, "P9", asia), world.line.indicator)
    page = page_for(world.mo, "/plans/SP/who-reported/").context["page"]
    assert [row.code for row in page.rows] == ["ROAF", "ROAP"]


def test_more_projects_and_offices_cost_no_more_queries(world: World) -> None:
    client = Client()
    client.force_login(world.mo)

    def cost() -> int:
        client.get("/plans/SP/who-reported/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/plans/SP/who-reported/")
        return len(asked)

    world.remind()
    one = cost()
    for number in range(2):
        office = factories.office(f"O{number}", parent=world.africa)
        outcome = factories.outcome(world.plan, f"{number + 2}.1")
        for at in (office, world.africa):
            made = factories.project(world.plan, at=at)
            factories.line(made, factories.indicator(outcome))
            factories.user(role=Role.REPORTER, at=at)
            actions.remind(projects=[made], period=world.period, by=world.mo)
    assert cost() == one


# --- Reminders ---------------------------------------------------------------------------------


def test_managers_of_the_office_and_above_remind(world: World) -> None:
    assert who_may(lambda user: world.remind(by=user)) == both(Role.MANAGER)


def test_a_reminder_reaches_the_nearest_reporters_and_is_seen_on_their_page(world: World) -> None:
    above = factories.user("Above", Role.REPORTER)
    (made,) = world.remind(message=" Please by Friday ")
    assert [one.name for one in made.to.all()] == ["Rita"]
    page = page_for(world.rita, "/plans/SP/my-work/").content.decode()
    assert "Mo reminds you:" in page and "Please by Friday" in page
    assert "reminds you" not in page_for(above, "/plans/SP/my-work/").content.decode()
    entry = ActivityEntry.objects.about(world.project).filter(verb="reminded").get()
    assert (entry.actor, entry.reason) == (world.mo, "Please by Friday")


def test_without_reporters_of_its_own_those_above_are_reminded(world: World) -> None:
    world.rita.is_active = False
    world.rita.save()
    with pytest.raises(DomainError) as error:
        world.remind()
    assert error.value.code == "nobody_to_remind"
    above = factories.user("Above", Role.REPORTER)
    assert list(world.remind()[0].to.all()) == [above]


def test_a_second_reminder_within_a_day_is_refused(world: World) -> None:
    world.remind()
    with pytest.raises(DomainError) as error:
        world.remind()
    assert (error.value.code, error.value.status) == ("reminded_already", 409)
    world.remind(period=factories.period(world.plan, "2020-Q2"))
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        world.remind()
    assert Reminder.objects.count() == 3


def test_a_reminder_that_is_refused_keeps_its_message(world: World) -> None:
    sent = {"period": "2020-Q1", "project": "P1", "message": "x" * 1_001, "shown_office": "ROAF"}
    client = Client()
    client.force_login(world.mo)
    page = client.post("/plans/SP/who-reported/remind/", sent)
    shown = page.content.decode()
    assert page.status_code == 400
    assert "1000 characters at most" in shown and "x" * 1_001 in shown
    world.remind()
    page = client.post("/plans/SP/who-reported/remind/", sent | {"message": "By <Friday>"})
    shown = page.content.decode()
    assert page.status_code == 409
    assert "within the last 24 hours" in shown and "By &lt;Friday&gt;</textarea>" in shown
    assert Reminder.objects.count() == 1


def test_of_an_office_only_those_are_reminded_that_were_not(world: World) -> None:
    second = factories.project(world.plan, "P2", world.africa)
    factories.line(second, world.line.indicator)
    world.remind()
    made = world.remind(projects=[world.project, second])
    assert [one.project for one in made] == [second]


def test_nothing_owed_is_no_reason_to_remind(world: World) -> None:
    factories.report(world.line, 5, to="submitted")
    with pytest.raises(DomainError) as error:
        world.remind()
    assert error.value.code == "nothing_owed"
    with pytest.raises(InvalidInput):
        world.remind(period=factories.period(world.plan, "2020-Q2"), message="x" * 1001)
    other = factories.project(factories.plan("OTHER"), "P1", world.africa)
    with pytest.raises(DomainError):
        world.remind(projects=[other])


def test_one_project_of_another_office_stops_the_whole_reminder(world: World) -> None:
    other = factories.project(world.plan, "PX", factories.office("ROAP"))
    with pytest.raises(NotAllowed):
        world.remind(projects=[world.project, other])
    assert not Reminder.objects.exists()


def test_what_was_sent_since_is_no_longer_reminded_of(world: World) -> None:
    world.remind()
    assert len(waiting.reminders_for(world.rita, world.plan)) == 1
    factories.report(world.line, 5, to="submitted")
    assert waiting.reminders_for(world.rita, world.plan) == []


@pytest.mark.parametrize("whom", [{"project": "P1"}, {"office": "ROAF"}])
def test_the_page_reminds(world: World, whom: dict[str, str]) -> None:
    client = Client()
    client.force_login(world.mo)
    asked = {"period": "2020-Q1", "shown_outcome": "1.1", **whom}
    answer = client.post("/plans/SP/who-reported/remind/", asked, follow=True)
    assert "The reporters of 1 project were reminded" in answer.content.decode()
    assert "reminded on" in answer.content.decode()
    again = client.post("/plans/SP/who-reported/remind/", asked, follow=True)
    assert "within the last 24 hours" in again.content.decode()
    client.force_login(world.rob)
    assert client.post("/plans/SP/who-reported/remind/", asked).status_code == 403


def test_what_the_office_has_verified_waits_for_headquarters_alone(world: World) -> None:
    factories.review_in_two_steps(world.plan)
    result = factories.report(world.line, 5, to="submitted")
    hugo = factories.user("Hugo", Role.REVIEWER)
    for status, rob_waits in (("submitted", [result]), ("verified", [])):
        assert [list(waiting.to_review(Result, who, world.plan)) for who in (world.rob, hugo)] == [
            rob_waits,
            [result],
        ], status
        if status == "submitted":
            actions.verify(rows=[result], by=world.rob)
