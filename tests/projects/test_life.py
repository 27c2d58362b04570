"""A project's life: proposal, appraisal, conditions, beginning, revision, suspension, closure."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, Office, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from outcomes import scopes
from outcomes.models import Baseline, Outcome, Target
from plans.models import StrategicPlan
from projects import actions
from projects.actions import ConditionInput, LessonInput
from projects.choices import Decision, DocumentStatus, Level, ProjectStatus
from projects.models import (
    Appraisal,
    BudgetLine,
    Delegation,
    Lesson,
    OutcomeShare,
    Project,
    ProjectDocument,
    ProjectIndicator,
)
from tests import factories
from tests.factories import life

pytestmark = pytest.mark.django_db
LESSON = LessonInput(context="Traders were not asked", learned="Ask them before the design")
ONE = {"kind": "civil_society"}
LINK = "https://example.org/report.pdf"


@pytest.fixture
def desk() -> tuple[StrategicPlan, Office]:
    return life.desk()


@pytest.fixture
def plan(desk) -> StrategicPlan:
    return desk[0]


@pytest.fixture
def office(desk) -> Office:
    return desk[1]


@pytest.fixture
def rita(office: Office) -> User:
    return factories.user("Rita", Role.REPORTER, office)


@pytest.fixture
def mona(office: Office) -> User:
    return factories.user("Mona", Role.MANAGER, office)


@pytest.fixture
def proposal(plan, office, rita) -> ProjectDocument:
    return life.proposal(plan, office, rita)


def told(refusal: Any) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in refusal.value.problems]


def wrong(document: ProjectDocument, section: str, given: Any, by: User) -> list[str]:
    before = ProjectDocument.objects.get(pk=document.pk).content
    with pytest.raises(InvalidInput) as refusal:
        actions.save_section(document=document, section=section, given=given, by=by)
    assert ProjectDocument.objects.get(pk=document.pk).content == before
    return [one.code for one in refusal.value.problems]


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


# --- Writing ---------------------------------------------------------------------------------


def test_a_proposal_begins_as_a_project_in_preparation_that_reports_nothing(
    plan, office, rita
) -> None:
    document = actions.propose_project(
        plan=plan, code="P1", title={"en": "Safe streets"}, office=office, by=rita
    )
    assert (document.project.status, document.status) == ("pipeline", "draft")
    assert document.project.taken_over_at is None
    assert not document.project.lines.exists()


@pytest.mark.parametrize(
    ("code", "title", "refused"),
    [
        ("a/b", "Safe streets", "invalid_code"),
        ("P2", " ", "missing_title"),
        ("p1", "Safe streets", "code_taken"),
    ],
)
def test_a_proposal_has_a_code_of_its_own_and_a_title(
    plan, office, rita, code, title, refused
) -> None:
    factories.project(plan, "P1", office)
    with pytest.raises(InvalidInput) as refusal:
        actions.propose_project(plan=plan, code=code, title={"en": title}, office=office, by=rita)
    assert refusal.value.code == refused


OUTCOMES = life.CONTENT["outcomes"]


@pytest.mark.parametrize(
    ("section", "given", "codes"),
    [
        ("basics", {"start": "soon"}, ["invalid_date"]),
        ("basics", {"title": {"xx": "Safe"}}, ["unknown_language"]),
        ("places", {"countries": ["XXX"]}, ["unknown_country"]),
        (
            "places",
            {"countries": [], "cities": [{"country": "KEN", "name": "Nairobi"}]},
            ["city_outside_countries"],
        ),
        (
            "places",
            {"countries": ["KEN"], "cities": [{"country": "Kenia", "name": "Nairobi"}]},
            ["unknown_country"],
        ),
        ("outcomes", [{"outcome": "9.9", "rank": "primary"}], ["unknown_outcome"]),
        ("outcomes", [{"outcome": "1.1", "rank": "first"}], ["unknown_rank"]),
        ("outcomes", [*OUTCOMES, OUTCOMES[0]], ["duplicate_row"]),
        ("about", {"named": {"NOT": "so"}}, ["unknown_theme"]),
        ("about", {"covid": "partly"}, ["missing_share"]),
        ("budget", [{"year": "2019", "amount": "5"}], ["year_outside_project"]),
        ("partners", [{"name": "A"}], ["unknown_kind"]),
        ("partners", [ONE | {"name": "A"}, ONE | {"name": " a "}], ["duplicate_row"]),
        ("partners", [{"what": "Builds"}], ["missing_name"]),
        ("logframe", [{"indicator": "NONE"}], ["unknown_indicator"]),
        ("logframe", [{"country": "KEN", "target": "5"}, {}], ["missing_indicator"]),
        ("logframe", [{"indicator": "STREETS", "country": "FRA"}], ["country_outside_project"]),
        ("logframe", [{"indicator": "STREETS", "baseline": "5"}], ["baseline_not_zero"]),
        ("logframe", [{"indicator": "STREETS", "target": "-5"}], ["target_against_direction"]),
        (
            "logframe",
            [{"indicator": "STREETS"}, {"indicator": "STREETS", "country": "KEN"}],
            ["places_overlap"],
        ),
        ("logframe", "nothing", ["invalid_section"]),
        ("logframe", [5], ["invalid_section"]),
        ("basics", 5, ["invalid_section"]),
        ("basics", {"title": 5}, ["invalid_section"]),
        ("places", {"countries": 5}, ["invalid_section"]),
        ("about", {"named": 5, "markers": [1], "tools": {}}, ["invalid_section"] * 3),
        ("about", {"named": {"DRV-LEG": None}}, ["missing_reason"]),
        ("budget", [{"year": [], "amount": {}}], ["invalid_text"] * 2),
        ("partners", [ONE | {"name": "A\0"}], ["invalid_text"]),
        ("budget", [{"year": "2020", "amount": "9" * 11}] * 2, ["duplicate_row"]),
        ("budget", [{"year": "2020", "amount": "5", "month": "0999-01"}], ["month_outside_plan"]),
    ],
)
def test_a_section_with_anything_wrong_is_not_kept(proposal, rita, section, given, codes) -> None:
    factories.country("FRA", "France", factories.office("ROEU"))
    assert wrong(proposal, section, given, rita) == codes


def test_a_section_is_kept_as_it_is_meant(proposal) -> None:
    content = fresh(proposal).content
    assert content["budget"][0] == {
        "year": 2020,
        "donor": "Norway",
        "earmarked": True,
        "currency": "USD",
        "amount": "70000",
        "month": f"{timezone.localdate():%Y-%m}",
        "rate": "1",
        "usd": "70000",
    }
    assert content["logframe"][0]["target"] == "12"


def test_two_people_do_not_write_over_each_other(proposal, rita, mona) -> None:
    seen = fresh(proposal).version
    actions.save_section(document=proposal, section="partners", given=[], by=rita, version=seen)
    with pytest.raises(VersionConflict):
        actions.save_section(document=proposal, section="partners", given=[], by=mona, version=seen)


# --- Submitting --------------------------------------------------------------------------------


def test_a_proposal_is_complete_before_it_is_submitted(plan, office, rita) -> None:
    document = actions.propose_project(
        plan=plan, code="P1", title={"en": "Safe streets"}, office=office, by=rita
    )
    with pytest.raises(InvalidInput) as refusal:
        actions.submit_document(document=document, by=rita)
    assert told(refusal) == [
        ("basics.summary", "missing_summary"),
        ("basics.start", "missing_date"),
        ("basics.end", "missing_date"),
        ("places.countries", "missing_countries"),
        ("outcomes.outcomes", "missing_primary"),
        ("about.named", "missing_driver"),
        ("about.covid", "missing_answer"),
        ("budget.budget", "missing_budget"),
        ("logframe.indicator", "missing_indicator"),
    ]
    assert (fresh(document).status, Appraisal.objects.count()) == ("draft", 0)


def test_what_one_section_takes_away_from_another_is_found_when_it_is_submitted(
    proposal, rita
) -> None:
    for section, given in (
        ("places", {"countries": []}),
        ("basics", life.CONTENT["basics"] | {"end": "2020-12-31"}),
    ):
        actions.save_section(document=proposal, section=section, given=given, by=rita)
    with pytest.raises(InvalidInput) as refusal:
        actions.submit_document(document=proposal, by=rita)
    assert told(refusal) == [
        ("logframe.country", "country_outside_project"),
        ("budget.year", "year_outside_project"),
    ]


def test_a_framework_aims_at_what_the_project_serves(plan, proposal, rita) -> None:
    cars = factories.indicator(factories.outcome(plan, "3.1"), "CARS", over_time="latest")
    factories.indicator(factories.outcome(plan, "2.1"), "HOMES")
    factories.indicator(plan, "STAFF")
    factories.indicator(factories.outcome(plan, "3.1"), "MOOD", kind="rating", over_time="latest")
    rows = [{"indicator": code, "target": "5"} for code in ("CARS", "HOMES", "STAFF")]
    given = [rows[0], rows[1], rows[2] | {"target": ""}, {"indicator": "MOOD"}]
    actions.save_section(document=proposal, section="logframe", given=given, by=rita)
    with pytest.raises(InvalidInput) as refusal:
        actions.submit_document(document=proposal, by=rita)
    assert [(one.row, one.code) for one in refusal.value.problems] == [
        (2, "indicator_of_other_outcome"),
        (3, "missing_target"),
        (0, "no_indicator_of_primary"),
    ]
    Outcome.objects.get(code="1.1").indicators.update(is_headline=True)
    given = [rows[0], rows[2], {"indicator": "MOOD"}]
    actions.save_section(document=proposal, section="logframe", given=given, by=rita)
    appraisal = actions.submit_document(document=proposal, by=rita)  # 1.1 has none to report
    assert appraisal.content["logframe"][0]["indicator"] == cars.code


def test_a_submission_is_kept_as_it_was_with_its_amounts(proposal, rita) -> None:
    appraisal = actions.submit_document(document=proposal, by=rita)
    assert (appraisal.usd, appraisal.earmarked_usd, appraisal.core_usd) == (
        Decimal(100_000),
        Decimal(70_000),
        Decimal(30_000),
    )
    assert appraisal.outcome is not None and appraisal.outcome.code == "1.1"
    assert appraisal.content == proposal.content
    project = fresh(proposal.project)
    assert (project.status, project.start, str(project.title)) == (
        "appraisal",
        date(2020, 2, 1),
        "Safe streets",
    )
    assert not project.lines.exists() and not BudgetLine.objects.exists()


def test_what_was_submitted_is_not_written_any_more_until_it_is_taken_back(proposal, rita) -> None:
    actions.submit_document(document=proposal, by=rita)
    with pytest.raises(DomainError) as refusal:
        actions.save_section(document=proposal, section="partners", given=[], by=rita)
    assert refusal.value.code == "not_writable"
    actions.recall_document(document=proposal, by=rita)
    assert (fresh(proposal).status, fresh(proposal.project).status) == ("draft", "pipeline")
    actions.save_section(document=proposal, section="partners", given=[], by=rita)
    assert actions.submit_document(document=proposal, by=rita).round == 2


def test_a_proposal_that_is_given_up_is_not_taken_up_again(proposal, rita) -> None:
    actions.withdraw_document(document=proposal, by=rita, reason="The donor left")
    assert fresh(proposal.project).status == "withdrawn"
    with pytest.raises(DomainError) as refusal:
        actions.submit_document(document=proposal, by=rita)
    assert refusal.value.code == "not_writable"


# --- Deciding ----------------------------------------------------------------------------------


@pytest.fixture
def appraisal(proposal, rita) -> Appraisal:
    return actions.submit_document(document=proposal, by=rita)


def refused(appraisal: Appraisal, by: User, under: Delegation | None, **more: Any) -> list[str]:
    given = {"decision": Decision.APPROVED} | more
    with pytest.raises(DomainError) as refusal:
        actions.decide(appraisal=appraisal, delegation=under, by=by, **given)
    assert fresh(appraisal).decision == ""
    if isinstance(refusal.value, InvalidInput):
        return [one.code for one in refusal.value.problems]
    return [refusal.value.code]


def test_an_approval_lets_the_proposal_count(plan, office, appraisal) -> None:
    head, under = life.person_with_authority(plan, office, most=100_000)
    life.decided(appraisal, head, under)
    project = fresh(appraisal.document.project)
    assert project.status == ProjectStatus.APPROVED
    assert fresh(appraisal.document).status == DocumentStatus.APPROVED
    ranks = project.alignments.order_by("outcome__code").values_list(
        "outcome__code", "rank", "justification"
    )
    assert list(ranks) == [
        ("1.1", "primary", "It opens public space"),
        ("3.1", "secondary", "Fewer cars"),
    ]
    lines = BudgetLine.objects.at().values_list("year", "donor", "earmarked", "usd")
    assert list(lines) == [
        (2020, "Norway", True, Decimal(70_000)),
        (2021, "", False, Decimal(30_000)),
    ]
    shares = OutcomeShare.objects.at().values_list("outcome__code", "share")
    assert dict(shares) == {"1.1": Decimal(60), "3.1": Decimal(40)}
    assert fresh(appraisal).delegation == under


def test_only_a_delegation_of_ones_own_that_holds_here_and_today_decides(
    plan, office, appraisal
) -> None:
    head, under = life.person_with_authority(plan, office)
    other, elsewhere = life.person_with_authority(plan, factories.office("ROAS"), name="Other")
    root = factories.user("Root", Role.REVIEWER)
    assert refused(appraisal, head, None) == ["no_delegation"]
    assert refused(appraisal, root, under) == ["no_delegation"]
    assert refused(appraisal, other, elsewhere) == ["no_delegation"]
    Delegation.objects.filter(pk=under.pk).update(until=date(2020, 12, 31))
    assert refused(appraisal, head, under) == ["no_delegation"]


def test_who_wrote_or_submitted_it_does_not_decide(plan, office, rita, appraisal) -> None:
    _head, under = life.person_with_authority(plan, office)
    Delegation.objects.filter(pk=under.pk).update(person=rita)
    assert refused(appraisal, rita, fresh(under)) == ["own_document"]


def test_the_committee_decides_in_a_meeting(plan, office, appraisal) -> None:
    chair, under = life.person_with_authority(plan, factories.headquarters(), level=Level.COMMITTEE)
    assert refused(appraisal, chair, under) == ["missing_meeting"]
    today = timezone.localdate()
    days = (today - timedelta(days=1), today, today + timedelta(days=1))
    earlier, meeting, later = (
        actions.save_meeting(plan=plan, on=day, chair="Deputy", by=None) for day in days
    )
    assert refused(appraisal, chair, under, meeting=earlier) == ["meeting_before_submission"]
    assert refused(appraisal, chair, under, meeting=later) == ["meeting_after_decision"]
    done = life.decided(appraisal, chair, under, meeting=meeting)
    assert done.meeting == meeting


def test_every_question_is_answered_before_an_approval(plan, office, appraisal) -> None:
    actions.set_checklist(plan=plan, questions=[("Q1", {"en": "Is it in line?"})], by=None)
    head, under = life.person_with_authority(plan, office)
    assert refused(appraisal, head, under) == ["checklist_incomplete"]
    with pytest.raises(InvalidInput) as refusal:
        actions.answer_checklist(appraisal=appraisal, answers={"Q1": ("no", " ")}, by=head)
    assert told(refusal) == [("answers.Q1", "missing_note")]
    actions.answer_checklist(appraisal=appraisal, answers={"Q1": ("yes", "")}, by=head)
    assert life.decided(appraisal, head, under).decision == "approved"


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"decision": "maybe"}, ["unknown_decision"]),
        ({"decision": "returned"}, ["missing_reason"]),
        ({"decision": "rejected", "reason": " "}, ["missing_reason"]),
        ({"decision": "conditions"}, ["missing_conditions"]),
        (
            {"decision": "conditions", "conditions": [ConditionInput("Ask traders", None)]},
            ["missing_date"],
        ),
        (
            {"conditions": [ConditionInput("Ask traders", date(2030, 1, 1))]},
            ["conditions_without_approval"],
        ),
        ({"on": timezone.localdate() + timedelta(days=1)}, ["date_in_future"]),
        ({"on": date(2020, 1, 1)}, ["date_before_submission"]),
    ],
)
def test_a_decision_that_says_too_little_is_refused(plan, office, appraisal, given, codes) -> None:
    head, under = life.person_with_authority(plan, office)
    assert refused(appraisal, head, under, **given) == codes


def test_what_is_returned_is_changed_and_submitted_again(plan, office, rita, appraisal) -> None:
    head, under = life.person_with_authority(plan, office)
    life.decided(appraisal, head, under, Decision.RETURNED, reason="Name more partners")
    document = fresh(appraisal.document)
    assert (document.status, fresh(document.project).status) == ("returned", "pipeline")
    more = [ONE | {"name": "Traders' union", "what": ""}]
    actions.save_section(document=document, section="partners", given=more, by=rita)
    second = actions.submit_document(document=document, by=rita)
    assert (second.round, fresh(appraisal).content["partners"][0]["name"]) == (
        2,
        "City of Nairobi",
    )
    assert life.decided(second, head, under).decision == "approved"
    assert list(document.appraisals.order_by("round").values_list("decision", flat=True)) == [
        "returned",
        "approved",
    ]


def test_what_was_returned_is_changed_before_it_is_submitted_again(
    plan, office, rita, appraisal
) -> None:
    head, under = life.person_with_authority(plan, office)
    life.decided(appraisal, head, under, Decision.RETURNED, reason="Name the builders")
    with pytest.raises(DomainError) as refusal:
        actions.submit_document(document=appraisal.document, by=rita)
    assert refusal.value.code == "nothing_changed"
    city = [{"name": "City of Mombasa", "kind": "local_government"}]
    actions.save_section(document=appraisal.document, section="partners", given=city, by=rita)
    assert actions.submit_document(document=appraisal.document, by=rita).round == 2


def test_a_rejection_is_final(plan, office, rita, appraisal) -> None:
    head, under = life.person_with_authority(plan, office)
    life.decided(appraisal, head, under, Decision.REJECTED, reason="Not in line")
    assert fresh(appraisal.document.project).status == "rejected"
    with pytest.raises(DomainError) as refusal:
        actions.submit_document(document=appraisal.document, by=rita)
    assert refusal.value.code == "not_writable"


# --- Conditions and the beginning ----------------------------------------------------------------


def test_a_condition_is_answered_by_the_office_and_found_met_by_somebody_else(
    plan, office, rita, mona, appraisal
) -> None:
    head, under = life.person_with_authority(plan, office)
    first = ConditionInput("Ask the traders", date(2030, 1, 1), before_start=True)
    life.decided(appraisal, head, under, Decision.CONDITIONS, conditions=[first])
    project, condition = appraisal.document.project, appraisal.conditions.get()
    with pytest.raises(DomainError) as refusal:
        actions.start_project(project=project, by=mona)
    assert refusal.value.code == "open_conditions"
    assert "1 condition of its approval is met" in refusal.value.message
    with pytest.raises(DomainError) as refusal:
        actions.settle_condition(condition=condition, met=True, by=head)
    assert refusal.value.code == "not_answered"
    shown = page(mona, "/plans/SP/projects/P1/life/")
    assert "The project begins when what its approval asks for first is met" in shown
    assert "Ask the traders" in shown and "Begin the project" not in shown
    actions.answer_condition(condition=condition, answer="Asked 40", by=rita)
    actions.settle_condition(condition=condition, met=False, by=head, remark="Which?")
    assert (fresh(condition).answer, fresh(condition).remark) == ("", "Which?")
    told = ActivityEntry.objects.about(condition).get(verb="sent a condition back")
    assert told.changes["answer"] == ["Asked 40", None]
    actions.answer_condition(condition=condition, answer="Asked 40 of Gikomba", by=rita)
    # The first answer is still read, with what was lacking.
    shown = page(mona, f"/plans/SP/appraisals/{appraisal.pk}/")
    assert "Sent back: Asked 40<br>" in shown and "Which? · Head" in shown
    actions.settle_condition(condition=condition, met=True, by=head)
    assert "Begin the project" in page(mona, "/plans/SP/projects/P1/life/")
    assert actions.start_project(project=project, by=mona).status == "active"


def page(user: User, at: str, status: int = 200, **sent: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.post(at, sent) if sent else client.get(at)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_project_reports_from_its_beginning_what_its_framework_says(plan, office, mona) -> None:
    project = life.approved(plan, office)
    assert not project.lines.exists()
    actions.start_project(project=project, by=mona)
    line = ProjectIndicator.objects.get(project=project)
    assert (line.indicator.code, line.place_name) == ("STREETS", "Kenya")
    assert (line.expected_from, line.expected_to) == (date(2020, 2, 1), date(2021, 6, 30))
    target = Target.objects.at().get(scope=scopes.of_contributor(line.contributor_id))
    assert (target.value, target.date) == (Decimal(12), date(2021, 6, 30))


# --- Revision ------------------------------------------------------------------------------------


@pytest.fixture
def under_way(plan, office, mona) -> Project:
    factories.indicator(factories.outcome(plan, "3.1"), "CARS", over_time="latest")
    project = life.approved(plan, office)
    return actions.start_project(project=project, by=mona)


def test_a_revision_starts_from_the_record_and_changes_nothing_before_it_is_approved(
    plan, office, rita, under_way
) -> None:
    document = actions.begin_revision(project=under_way, by=rita, reason="One more year")
    assert document.content == document.base
    held = dict(document.content)
    before = ProjectDocument.objects.approved().get(project=under_way).content
    for name in ("basics", "outcomes", "budget", "partners"):
        assert held[name] == before[name], name
    basics = held["basics"] | {"end": "2022-06-30"}
    actions.save_section(document=document, section="basics", given=basics, by=rita)
    frame = [
        {"indicator": "STREETS", "country": "KEN", "target": "20"},
        {"indicator": "CARS", "country": "KEN", "baseline": "100", "target": "130"},
    ]
    actions.save_section(document=document, section="logframe", given=frame, by=rita)
    assert fresh(under_way).end == date(2021, 6, 30)
    appraisal = actions.submit_document(document=document, by=rita)
    assert fresh(under_way).end == date(2021, 6, 30)
    under = Delegation.objects.get()
    life.decided(appraisal, under.person, under)
    assert fresh(under_way).end == date(2022, 6, 30)
    lines = {one.indicator.code: one for one in under_way.lines.select_related("indicator")}
    assert {code: one.expected_to for code, one in lines.items()} == {
        "STREETS": date(2022, 6, 30),
        "CARS": date(2022, 6, 30),
    }
    mine = {code: scopes.of_contributor(one.contributor_id) for code, one in lines.items()}
    targets = {code: Target.objects.at().get(scope=scope).value for code, scope in mine.items()}
    assert targets == {"STREETS": Decimal(20), "CARS": Decimal(130)}
    assert Baseline.objects.at().get(scope=mine["CARS"]).value == Decimal(100)
    statuses = under_way.documents.order_by("number").values_list("status", flat=True)
    assert list(statuses) == ["replaced", "approved"]


def test_a_project_taken_over_keeps_the_day_on_which_it_began_before_the_plan(
    plan, office, rita
) -> None:
    began = date(2018, 5, 1)
    project = factories.project(plan, "OLD", office, status="active", start=began)
    document = actions.begin_revision(project=project, by=rita, reason="More money")
    basics = document.content["basics"] | {"end": "2022-12-31"}
    other_day = basics | {"start": "2018-05-02"}
    assert wrong(document, "basics", other_day, rita) == ["dates_before_plan"]
    actions.save_section(document=document, section="basics", given=basics, by=rita)
    assert fresh(document).content["basics"]["start"] == "2018-05-01"


def test_a_line_that_a_revision_takes_away_ends_and_keeps_what_it_reported(
    plan, office, rita, under_way
) -> None:
    document = actions.begin_revision(project=under_way, by=rita, reason="Other aims")
    factories.indicator(factories.outcome(plan, "1.1"), "TREES")
    frame = [{"indicator": "TREES", "country": "KEN", "target": "40"}]
    actions.save_section(
        document=document,
        section="basics",
        given=document.content["basics"] | {"end": "2023-12-31"},
        by=rita,
    )
    ProjectIndicator.objects.update(expected_to=None)
    actions.save_section(document=document, section="logframe", given=frame, by=rita)
    under = Delegation.objects.get()
    life.decided(actions.submit_document(document=document, by=rita), under.person, under)
    line = ProjectIndicator.objects.get(indicator__code="STREETS")
    assert line.expected_to == timezone.localdate()


def test_a_minor_revision_is_adopted_in_the_office_by_somebody_who_did_not_write_it(
    plan, office, rita, mona, under_way
) -> None:
    document = actions.begin_revision(project=under_way, by=mona, reason="A better summary")
    basics = document.content["basics"] | {"summary": {"en": "Safer for all."}}
    actions.save_section(document=document, section="basics", given=basics, by=mona)
    with pytest.raises(NotAllowed) as refusal:
        actions.adopt_revision(document=document, by=mona)
    assert refusal.value.code == "own_document"
    manager = factories.user("Manuel", Role.MANAGER, office)
    actions.adopt_revision(document=document, by=manager)
    assert str(fresh(under_way).summary) == "Safer for all."


def test_a_revision_of_the_budget_is_appraised(plan, office, rita, mona, under_way) -> None:
    document = actions.begin_revision(project=under_way, by=rita, reason="More money")
    budget = [{"year": "2020", "amount": "1"}]
    actions.save_section(document=document, section="budget", given=budget, by=rita)
    with pytest.raises(DomainError) as refusal:
        actions.adopt_revision(document=document, by=mona)
    assert refusal.value.code == "not_minor"


def test_one_version_is_worked_on_at_a_time(rita, under_way) -> None:
    actions.begin_revision(project=under_way, by=rita, reason="More")
    with pytest.raises(DomainError) as refusal:
        actions.begin_revision(project=under_way, by=rita, reason="Still more")
    assert refusal.value.code == "document_open"


def test_a_rejected_revision_leaves_the_project_as_it_is(plan, office, rita, under_way) -> None:
    document = actions.begin_revision(project=under_way, by=rita, reason="More money")
    budget = [{"year": "2020", "amount": "1"}]
    actions.save_section(document=document, section="budget", given=budget, by=rita)
    under = Delegation.objects.get()
    appraisal = actions.submit_document(document=document, by=rita)
    life.decided(appraisal, under.person, under, Decision.REJECTED, reason="Too little")
    assert fresh(under_way).status == "active"
    assert sum(BudgetLine.objects.at().values_list("usd", flat=True)) == Decimal(100_000)


def test_what_an_approved_document_holds_changes_only_with_a_revision(
    plan, office, mona, under_way
) -> None:
    with pytest.raises(DomainError) as refusal:
        actions.set_alignment(
            project=under_way, outcome=factories.outcome(plan, "3.1"), rank="primary", by=mona
        )
    assert refusal.value.code == "needs_revision"
    known = {"plan": plan, "code": "P1", "title": {"en": "Safe"}, "office": office, "by": mona}
    with pytest.raises(DomainError) as refusal:
        actions.save_project(**known, countries=under_way.countries.all(), end=date(2023, 1, 1))
    assert refusal.value.code == "needs_revision"
    saved = actions.save_project(**known, countries=under_way.countries.all())
    assert str(saved.title) == "Safe"


# --- Suspension and closure ----------------------------------------------------------------------


def test_a_project_is_suspended_and_taken_up_again_with_a_reason(mona, under_way) -> None:
    with pytest.raises(InvalidInput) as refusal:
        actions.suspend_project(project=under_way, by=mona, reason=" ")
    assert refusal.value.code == "missing_reason"
    actions.suspend_project(project=under_way, by=mona, reason="Unrest")
    with pytest.raises(DomainError) as twice:
        actions.suspend_project(project=under_way, by=mona, reason="Unrest")
    assert twice.value.code == "not_under_way"
    actions.resume_project(project=under_way, by=mona, reason="Calm again")
    acts = ActivityEntry.objects.about(under_way).filter(verb="moved").order_by("at", "pk")
    assert [one.changes["status"][1] for one in acts][-2:] == ["suspended", "active"]


def close(project: Project, by: User, **more: Any) -> Any:
    given = {
        "closed_on": date(2020, 11, 15),
        "achieved": "12 streets",
        "lasting": "The city looks after them",
        "link": LINK,
        "lessons": [LESSON],
    }
    return actions.close_project(project=project, by=by, **(given | more))


def test_who_closes_a_project_with_open_conditions_says_why_they_are_left(
    plan, office, rita, mona, appraisal
) -> None:
    head, under = life.person_with_authority(plan, office)
    later = ConditionInput("Plant the trees", date(2030, 1, 1))
    life.decided(appraisal, head, under, Decision.CONDITIONS, conditions=[later])
    project = actions.start_project(project=appraisal.document.project, by=mona)
    at = "/plans/SP/projects/P1/close/"
    assert "Plant the trees" in page(mona, at)
    with pytest.raises(InvalidInput) as refusal:
        close(project, mona, conditions_left=" ")
    assert told(refusal) == [("conditions_left", "conditions_open")]
    assert fresh(project).status == "active"
    sent = {"lessons-TOTAL_FORMS": "0", "lessons-INITIAL_FORMS": "0"}
    assert "Conditions of its approval are open" in page(mona, at, 400, **sent)
    report = close(project, mona, conditions_left="The square is built over")
    assert report.conditions_left == "The square is built over"
    assert "The square is built over" in page(mona, "/plans/SP/projects/P1/life/")


def test_a_closed_project_leaves_a_report_and_lessons_and_owes_nothing_more(
    mona, under_way
) -> None:
    close(under_way, mona)
    assert fresh(under_way).status == "closed"
    assert fresh(under_way).final_report.closed_on == date(2020, 11, 15)
    assert Lesson.objects.get().learned == "Ask them before the design"
    assert ProjectIndicator.objects.get().expected_to == date(2020, 11, 15)


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"lessons": []}, ["missing_lesson"]),
        ({"achieved": "", "lasting": "", "link": ""}, ["missing_report"] * 3),
        ({"link": "javascript:alert(1)"}, ["invalid_link"]),
        ({"closed_on": None}, ["missing_date"]),
        ({"closed_on": date(2020, 1, 1)}, ["closed_before_start"]),
        ({"closed_on": timezone.localdate() + timedelta(days=1)}, ["date_in_future"]),
        ({"lessons": [LessonInput("Only this", "")]}, ["missing_text"]),
        ({"lessons": [LESSON, LessonInput("", "", use="Ask early")]}, ["missing_text"] * 2),
    ],
)
def test_a_project_is_not_closed_by_halves(mona, under_way, given, codes) -> None:
    with pytest.raises(InvalidInput) as refusal:
        close(under_way, mona, **given)
    assert [one.code for one in refusal.value.problems] == codes
    assert fresh(under_way).status == "active" and not Lesson.objects.exists()


# --- Delegations, meetings, checklist ------------------------------------------------------------


def test_a_delegation_says_who_where_how_much_and_on_what_it_rests(plan, office) -> None:
    manager = factories.user("Manager", Role.MANAGER)
    given = {"plan": plan, "office": office, "start": None, "until": None, "by": manager}
    with pytest.raises(InvalidInput) as refusal:
        actions.delegate(**given, person=manager, level="committee", most_usd="0", document=" ")
    assert [code for _field, code in told(refusal)] == [
        "own_delegation",
        "committee_at_headquarters",
        "missing_date",
        "missing_document",
        "amount_not_above_zero",
    ]
    assert not Delegation.objects.exists()


def test_a_delegation_that_ends_keeps_what_was_decided_under_it(plan, office) -> None:
    project = life.approved(plan, office)
    under = Delegation.objects.get()
    actions.end_delegation(delegation=under, on=date(2020, 6, 30), by=None, reason="Moved")
    appraisal = Appraisal.objects.get(document__project=project)
    assert (appraisal.delegation, fresh(under).until) == (under, date(2020, 6, 30))


def test_there_is_one_meeting_a_day_and_its_day_stays_once_it_decided(plan, office) -> None:
    meeting = actions.save_meeting(plan=plan, on=date(2020, 4, 30), chair="Deputy", by=None)
    for on, chair, code in (
        (date(2020, 4, 30), "Deputy", "meeting_exists"),
        (date(2019, 4, 30), "Deputy", "date_outside_plan"),
        (date(2020, 5, 30), "", "missing_chair"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            actions.save_meeting(plan=plan, on=on, chair=chair, by=None)
        assert refusal.value.code == code
    Appraisal.objects.update(meeting=meeting)
    life.approved(plan, office)
    Appraisal.objects.update(meeting=meeting)
    with pytest.raises(InvalidInput) as refusal:
        actions.save_meeting(
            plan=plan, meeting=meeting, on=date(2020, 5, 30), chair="Deputy", by=None
        )
    assert refusal.value.code == "meeting_has_decisions"


def test_a_question_that_is_no_longer_asked_keeps_its_answers(plan, office, rita) -> None:
    actions.set_checklist(plan=plan, questions=[("Q1", {"en": "Why?"})], by=None)
    document = life.proposal(plan, office, rita)
    appraisal = actions.submit_document(document=document, by=rita)
    head, _under = life.person_with_authority(plan, office)
    actions.answer_checklist(appraisal=appraisal, answers={"Q1": ("yes", "So")}, by=head)
    actions.set_checklist(plan=plan, questions=[("Q2", {"en": "How?"})], by=None)
    assert [one.code for one in actions.unanswered(fresh(appraisal))] == ["Q2"]
    assert fresh(appraisal).answers["Q1"]["note"] == "So"


def test_a_partner_is_the_registered_one_whatever_its_spelling(
    plan, office, rita, proposal
) -> None:
    actions.save_partner(
        plan=plan, entered=actions.PartnerInput("Cité de Nakuru", "local_government"), by=None
    )
    saved = actions.save_section(
        document=proposal, section="partners", given=[{"name": "CITE DE NAKURU"}], by=rita
    )
    assert saved.content["partners"] == [
        {"name": "Cité de Nakuru", "kind": "local_government", "what": ""}
    ]
    near = [ONE | {"name": "Cité de Nakurru"}]
    assert wrong(proposal, "partners", near, rita) == ["similar_partner"]
    actions.save_partner(
        plan=plan,
        entered=actions.PartnerInput("Cité de Nakurre", "local_government"),
        by=None,
        confirm_similar=True,
    )
    with pytest.raises(InvalidInput, match="“Cité de Nakurre” is registered"):
        actions.save_section(
            document=proposal,
            section="partners",
            given=[ONE | {"name": "Cité de Nakurrey"}],
            by=rita,
        )
    another = [near[0] | {"is_another": True}]
    actions.save_section(document=proposal, section="partners", given=another, by=rita)


def test_an_approval_registers_partners_and_what_they_do_once(plan, office, rita, mona) -> None:
    project = life.approved(plan, office)
    held = project.contributions.get()
    assert (held.partner.name, held.role, held.what, held.end) == (
        "City of Nairobi",
        "implementing",
        "Builds the crossings",
        date(2021, 6, 30),
    )
    actions.start_project(project=project, by=mona)
    document = actions.begin_revision(project=project, by=rita, reason="More")
    assert document.content["partners"] == life.CONTENT["partners"]
    budget = [{"year": "2020", "amount": "1"}]
    actions.save_section(document=document, section="budget", given=budget, by=rita)
    under = Delegation.objects.get()
    life.decided(actions.submit_document(document=document, by=rita), under.person, under)
    assert project.contributions.count() == 1


# --- What must not happen ------------------------------------------------------------------------


def test_a_delegation_that_has_ended_does_not_decide_on_an_earlier_day(
    plan, office, appraisal
) -> None:
    head, under = life.person_with_authority(plan, office)
    days = [timezone.now() - timedelta(days=days) for days in (10, 6, 5)]
    Appraisal.objects.update(submitted_at=days[0])
    Delegation.objects.filter(pk=under.pk).update(until=days[2].date())
    assert refused(fresh(appraisal), head, under, on=days[1].date()) == ["no_delegation"]


def test_ending_a_delegation_never_prolongs_it(plan, office) -> None:
    _head, under = life.person_with_authority(plan, office)
    chief = factories.user("Chief", Role.MANAGER)
    actions.end_delegation(delegation=under, on=date(2030, 1, 1), by=chief, reason="Moves")
    with pytest.raises(DomainError) as refusal:
        actions.end_delegation(delegation=under, on=date(2099, 1, 1), by=chief, reason="Stays")
    assert refusal.value.code == "already_ended"
    Delegation.objects.update(person=chief)
    with pytest.raises(NotAllowed) as own:
        actions.end_delegation(delegation=fresh(under), on=date(2029, 1, 1), by=chief, reason="So")
    assert own.value.code == "own_delegation"


def test_who_wrote_a_proposal_does_not_find_its_conditions_met(
    plan, office, rita, mona, appraisal
) -> None:
    head, under = life.person_with_authority(plan, office)
    wanted = [ConditionInput("Ask the traders", date(2030, 1, 1))]
    life.decided(appraisal, head, under, Decision.CONDITIONS, conditions=wanted)
    condition = appraisal.conditions.get()
    actions.answer_condition(condition=condition, answer="Asked", by=mona)
    factories.OfficeRole.objects.create(user=rita, office=office, role=Role.REVIEWER)
    author = User.objects.get(pk=rita.pk)
    with pytest.raises(NotAllowed) as refusal:
        actions.settle_condition(condition=condition, met=True, by=author)
    assert refusal.value.code == "own_document"
    with pytest.raises(DomainError) as twice:
        actions.answer_condition(condition=condition, answer="Something else", by=mona)
    assert twice.value.code == "already_answered"


def test_a_revision_that_was_returned_goes_back_to_appraisal(
    plan, office, rita, mona, under_way
) -> None:
    document = actions.begin_revision(project=under_way, by=rita, reason="Less")
    frame = [{"indicator": "STREETS", "country": "KEN", "target": "1"}]
    actions.save_section(document=document, section="logframe", given=frame, by=rita)
    under = Delegation.objects.get()
    appraisal = actions.submit_document(document=document, by=rita)
    life.decided(appraisal, under.person, under, Decision.RETURNED, reason="Keep the target")
    with pytest.raises(DomainError) as refusal:
        actions.adopt_revision(document=document, by=mona)
    assert refusal.value.code == "not_writable"


def test_what_the_record_gained_while_a_revision_was_open_stays(
    plan, office, rita, mona, under_way
) -> None:
    ProjectIndicator.objects.update(expected_to=date(2030, 1, 1))
    document = actions.begin_revision(project=under_way, by=rita, reason="A better summary")
    basics = document.content["basics"] | {"summary": {"en": "Safer for all."}}
    actions.save_section(document=document, section="basics", given=basics, by=rita)
    cars = factories.Indicator.objects.get(code="CARS")
    added = actions.set_line(
        project=under_way,
        indicator=cars,
        country=under_way.countries.get(),
        expected_to=date(2030, 1, 1),
        by=mona,
    )
    said = actions.Description(named={"DRV-LEG": "It drafts by-laws"}, covid="wholly")
    actions.describe_project(project=under_way, said=said, by=None)
    actions.adopt_revision(document=document, by=mona)
    assert fresh(added).expected_to == date(2030, 1, 1)
    assert (fresh(under_way).covid, str(fresh(under_way).summary)) == ("wholly", "Safer for all.")


def revised(project: Project, by: User, **sections: Any) -> None:
    document = actions.begin_revision(project=project, by=by, reason="Otherwise")
    for section, given in sections.items():
        actions.save_section(document=document, section=section, given=given, by=by)
    under = Delegation.objects.get()
    life.decided(actions.submit_document(document=document, by=by), under.person, under)


def test_a_line_that_moves_to_a_city_begins_when_the_old_one_has_ended(
    plan, office, rita, under_way
) -> None:
    Project.objects.update(end=date(2030, 12, 31))
    ProjectIndicator.objects.update(expected_to=date(2030, 12, 31))
    ProjectDocument.objects.filter(project=under_way).update(base={})
    frame = [{"indicator": "STREETS", "country": "KEN", "city": "Nairobi", "target": "5"}]
    revised(under_way, rita, logframe=frame)
    today = timezone.localdate()
    dates = under_way.lines.order_by("pk").values_list("expected_from", "expected_to")
    assert list(dates) == [
        (date(2020, 2, 1), today),
        (today + timedelta(days=1), date(2030, 12, 31)),
    ]


def test_a_project_that_is_shortened_keeps_its_lines_within_its_dates(
    plan, office, rita, under_way
) -> None:
    ProjectIndicator.objects.update(expected_from=date(2021, 3, 1))
    basics = life.CONTENT["basics"] | {"end": "2021-01-31"}
    budget = [{"year": "2020", "donor": "Norway", "earmarked": "yes", "amount": "70000"}]
    revised(under_way, rita, basics=basics, budget=budget)
    line = ProjectIndicator.objects.get()
    assert (line.expected_from, line.expected_to) == (date(2021, 1, 31), date(2021, 1, 31))


def test_closing_makes_nothing_due_of_a_line_that_had_not_begun(plan, mona, under_way) -> None:
    later = actions.set_line(
        project=under_way,
        indicator=factories.Indicator.objects.get(code="CARS"),
        country=under_way.countries.get(),
        expected_from=date(2021, 1, 1),
        expected_to=date(2021, 6, 30),
        by=mona,
    )
    close(under_way, mona)
    expected = ProjectIndicator.objects.expected(plan, timezone.localdate())
    assert not expected.filter(pk=later.pk).exists()


def test_a_second_opinion_does_not_delete_the_first(plan, office, appraisal) -> None:
    questions = [("Q1", {"en": "One?"}), ("Q2", {"en": "Two?"})]
    actions.set_checklist(plan=plan, questions=questions, by=None)
    head, _under = life.person_with_authority(plan, office)
    seen = fresh(appraisal).version
    actions.answer_checklist(
        appraisal=appraisal, answers={"Q1": ("yes", "")}, by=head, version=seen
    )
    with pytest.raises(VersionConflict):
        actions.answer_checklist(
            appraisal=appraisal, answers={"Q1": ("", "")}, by=head, version=seen
        )
