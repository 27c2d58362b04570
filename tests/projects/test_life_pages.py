"""The pages of a project's life, as people go through them; how many queries the lists take."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from habitat_tracker.accounts.activity_words import REASONS, changes_in_words
from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.wording import said_day
from projects import actions
from projects.choices import Level, Section
from projects.documents.reading import Words
from projects.documents.sections import Desk
from projects.models import Appraisal, BudgetLine, Lesson, Project, ProjectDocument
from tests import factories
from tests.api_client import Api
from tests.factories import life

pytestmark = pytest.mark.django_db
DOCUMENT = "/plans/SP/projects/P1/document/1/"
ABC = {"name": "A", "kind": "civil_society"}


class Visitor:
    """Somebody at the site."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)

    def get(self, at: str, status: int = 200) -> str:
        answer = self.client.get(at)
        assert answer.status_code == status, answer.content
        return answer.content.decode()

    def post(self, at: str, status: int = 302, **sent: Any) -> str:
        answer = self.client.post(at, sent)
        assert answer.status_code == status, answer.content.decode()
        return answer.content.decode()


def rows(*listed: dict[str, str], head: str = "rows") -> dict[str, str]:
    """The fields of a form of rows."""
    sent = {f"{head}-TOTAL_FORMS": str(len(listed)), f"{head}-INITIAL_FORMS": "0"}
    for number, one in enumerate(listed):
        sent |= {f"{head}-{number}-{name}": value for name, value in one.items()}
    return sent


@pytest.fixture
def people() -> dict[str, Visitor]:
    plan, office = life.desk()
    head, _under = life.person_with_authority(plan, office)
    return {
        "rita": Visitor(factories.user("Rita", Role.REPORTER, office)),
        "mona": Visitor(factories.user("Mona", Role.MANAGER, office)),
        "head": Visitor(head),
    }


def test_a_project_goes_from_proposal_to_closure_by_its_pages(people) -> None:
    rita, mona, head = people["rita"], people["mona"], people["head"]
    rita.post("/plans/SP/propose-project/", code="P1", title="Safe streets", office="ROAF")
    assert "7 things are missing" not in rita.get(DOCUMENT)
    assert "Name the one primary outcome." in rita.get(DOCUMENT)
    for section, sent in {
        "basics": {
            "title": "Safe streets",
            "summary": "Made with those who live there",
            "start": "2020-02-01",
            "end": "2021-06-30",
        },
        "places": {"countries": ["KEN"], "cities": "Nairobi, KEN\nKisumu, kenya"},
        "outcomes": {"rank.1.1": "primary", "why.1.1": "It opens public space"},
        "about": {"named.DRV-LEG": "It drafts by-laws", "covid": "not_part"},
        "budget": rows({"year": "2020", "donor": "Norway", "earmarked": "yes", "amount": "70 000"}),
        "partners": rows({"name": "City of Nairobi", "kind": "local_government", "what": "Builds"}),
        "logframe": rows({"indicator": "STREETS", "place": "KEN/Nairobi", "target": "12"}),
    }.items():
        rita.post(f"{DOCUMENT}sections/{section}/", **sent)
    page = rita.get(DOCUMENT)
    assert "It is complete." in page and "70\u202f000" in page and "City of Nairobi" in page
    rita.post(DOCUMENT, act="submit")
    waiting = f"/plans/SP/appraisals/{Appraisal.objects.get().pk}/"
    assert "Safe streets" in head.get("/plans/SP/appraisals/?state=waiting")
    assert "somebody else appraises it" in rita.get(waiting)
    under = str(Appraisal.objects.get().plan.delegations.get().pk)
    asked = rows({"text": "Ask the traders", "due": "2030-01-01"}, head="conditions")
    head.post(waiting, act="decide", decision="conditions", delegation=under, **asked)
    condition = Appraisal.objects.get().conditions.get()
    at = f"/plans/SP/conditions/{condition.pk}/"
    rita.post(at, act="answer", text="Asked 40")
    head.post(at, act="met")
    assert "<b>met</b>" in rita.get(waiting)
    mona.post("/plans/SP/projects/P1/life/", act="start")
    assert Project.objects.get().lines.get().place_name == "Nairobi"
    rita.post("/plans/SP/projects/P1/life/", act="revise", reason="More money")
    second = "/plans/SP/projects/P1/document/2/"
    more = rows({"year": "2020", "donor": "Norway", "earmarked": "yes", "amount": "90000"})
    rita.post(f"{second}sections/budget/", **more)
    side = rita.get(f"{second}differences/")
    assert "USD 70\u202f000" in side and "USD 90\u202f000" in side and "Ask the traders" not in side
    rita.post(second, act="submit")
    again = f"/plans/SP/appraisals/{Appraisal.objects.latest('pk').pk}/"
    head.post(again, act="decide", decision="approved", delegation=under, **rows(head="conditions"))
    assert BudgetLine.objects.at().get().usd == 90_000
    lessons = rows({"context": "Traders were late", "learned": "Ask first"}, head="lessons")
    mona.post(
        "/plans/SP/projects/P1/close/",
        closed_on="2020-12-31",
        achieved="12 streets",
        lasting="The city keeps them",
        link="https://example.org/report",
        **lessons,
    )
    assert "12 streets" in rita.get("/plans/SP/projects/P1/life/")
    assert "Ask first" in rita.get("/plans/SP/lessons/?q=first")
    assert "Closed" in rita.get("/plans/SP/projects/P1/")


def test_a_lesson_of_which_only_the_use_is_written_is_refused_and_stays_on_the_page(
    people,
) -> None:
    plan = factories.Indicator.objects.get(code="STREETS").plan
    project = life.approved(plan, factories.office("ROAF"))
    mona = User.objects.get(name="Mona")
    actions.start_project(project=project, by=mona)
    said = {
        "closed_on": "2020-12-31",
        "achieved": "12 streets",
        "lasting": "The city keeps them",
        "link": "https://example.org/report",
    }
    listed = rows(
        {"context": "Traders were late", "learned": "Ask first"},
        {},
        {"use": "Plan a month for it"},
        head="lessons",
    )
    page = people["mona"].post("/plans/SP/projects/P1/close/", 400, **said, **listed)
    third = page.split("Lesson 3")[1].split("</fieldset>")[0]
    assert third.count("Say what the situation was, and what was learned.") == 2
    assert "Plan a month for it" in third and "Traders were late" in page
    assert Project.objects.get().status == "active" and not Lesson.objects.exists()


@pytest.fixture
def draft(people) -> ProjectDocument:
    plan = factories.Indicator.objects.get(code="STREETS").plan
    rita = User.objects.get(name="Rita")
    return life.proposal(plan, factories.office("ROAF"), rita)


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(people, draft) -> None:
    sent = rows(
        {"year": "2020", "donor": "Norway", "earmarked": "yes", "amount": "5"},
        {},
        {"year": "2020", "donor": "Chad", "earmarked": "no", "currency": "XOF", "amount": "many"},
    )
    page = people["rita"].post(f"{DOCUMENT}sections/budget/", 400, **sent)
    beside = page.split('name="rows-2-amount"')[1].split("</td>")[0]
    assert "is not a number" in beside and 'value="many"' in page
    assert ProjectDocument.objects.get().content == draft.content


CHANGES = {
    "basics": life.CONTENT["basics"]
    | {"title": {"en": "Safe streets", "fr": "Rues plus sûres"}, "end": "2021-05-31"},
    "outcomes": [life.CONTENT["outcomes"][0] | {"share": ""}],
    "about": life.CONTENT["about"] | {"covid": "wholly"},
    "budget": [{"year": "2020", "donor": "Norway", "earmarked": "no", "amount": "5"}],
    "partners": [{"name": "Traders", "kind": "civil_society", "what": "Advise"}],
    "logframe": [{"indicator": "STREETS", "country": "KEN", "target": "15", "by": "2021-04-30"}],
}


def test_two_versions_are_compared_in_every_language(people, draft) -> None:
    rita = User.objects.get(name="Rita")
    actions.submit_document(document=draft, by=rita)
    actions.recall_document(document=draft, by=rita)
    actions.save_section(document=draft, section="basics", given=CHANGES["basics"], by=rita)
    side = people["head"].get(f"{DOCUMENT}differences/")
    assert "2 things differ" in side
    assert "Title (Français)" in side and "Rues plus sûres" in side
    assert "Title (English)" not in side


def test_dimensions_of_one_name_are_compared_each_by_its_kind(people, draft) -> None:
    """Gender is a dimension of inclusion and an issue of evaluations."""
    factories.theme(draft.project.plan, "inclusion", "SI-GEN", "Gender")
    factories.theme(draft.project.plan, "evaluation_issue", "EVX-GEN", "Gender")
    words = Words(Desk(draft.project))
    about = draft.content["about"]
    told = [{"about": about | {"markers": markers}} for markers in ({}, {"SI-GEN": "2"})]
    compared = words.compare(*told)[Section.ABOUT]
    assert [(one.label, one.before, one.after) for one in compared if one.is_change] == [
        ("Social inclusion dimension: Gender", "Not examined", "Principal")
    ]


def test_nothing_is_hidden_behind_another_of_one_name(people, draft) -> None:
    partner = {"kind": "civil_society", "what": "Advises", "name": "Shelter"}
    before = {"partners": [partner, partner | {"what": "Builds"}]}
    after = {"partners": [partner | {"what": "Pays"}, partner | {"what": "Builds"}]}
    (one,) = Words(Desk(draft.project)).compare(before, after)[Section.PARTNERS]
    assert one.is_change and "Pays" in one.after and one.after.endswith("Builds")


def test_what_was_written_is_kept_in_codes_and_said_in_the_language_of_the_reader(
    people, draft
) -> None:
    rita = User.objects.get(name="Rita")
    with translation.override("zh-hans"):
        for section, given in CHANGES.items():
            actions.save_section(document=draft, section=section, given=given, by=rita)
    acts = ActivityEntry.objects.about(draft).filter(verb="wrote").order_by("-pk")[: len(CHANGES)]
    told = {name: pair for act in acts for name, pair in act.changes.items()}
    assert told == {
        "content.title.fr": [None, "Rues plus sûres"],
        "content.end": ["2021-06-30", "2021-05-31"],
        "content.shares.1.1": ["60", None],
        "content.rank.3.1": ["secondary", None],
        "content.justification.3.1": ["Fewer cars", None],
        "content.shares.3.1": ["40", None],
        "content.covid": ["not_part", "wholly"],
        "content.earmarked.2020 Norway USD": ["70000", None],
        "content.not_earmarked.2021 USD": ["30000", None],
        "content.not_earmarked.2020 Norway USD": [None, "5"],
        "content.kind.City of Nairobi": ["local_government", None],
        "content.what.City of Nairobi": ["Builds the crossings", None],
        "content.kind.Traders": [None, "civil_society"],
        "content.what.Traders": [None, "Advise"],
        "content.target.STREETS KEN": ["12", "15"],
        "content.due.STREETS KEN": [None, "2021-04-30"],
    }
    page = people["rita"].get(DOCUMENT)
    for said in (
        "Rank (3.1):</span> <del>Secondary</del>",
        "End:</span> <del>30 Jun 2021</del>",
        "Budget, earmarked (2020 Norway USD):</span> <del>70\u202f000</del>",
        "<ins>All of its budget responds to COVID-19</ins>",
        "Kind (Traders):</span> <del>–</del>",
        "Target (STREETS KEN):</span> <del>12</del>",
    ):
        assert said in page, said


def test_why_the_system_wrote_something_is_kept_in_no_readers_language(people) -> None:
    plan = factories.Indicator.objects.get(code="STREETS").plan
    with translation.override("zh-hans"):
        project = life.approved(plan, factories.office("ROAF"))
        actions.start_project(project=project, by=User.objects.get(name="Mona"))
    said = ActivityEntry.objects.filter(actor=None).exclude(reason="")
    assert set(said.values_list("reason", flat=True)) == {
        "A proposal was submitted",
        "The project document was approved",
        "The project began",
    }
    assert set(said.values_list("reason", flat=True)) <= REASONS.keys()


MANY = {"TOTAL_FORMS": "999", "INITIAL_FORMS": "0"}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (MANY, "Please submit at most"),
        ({}, "The rows of this form did not arrive whole."),
    ],
)
def test_what_is_wrong_with_the_rows_as_a_whole_is_told(people, draft, sent, told) -> None:
    def told_at(who: str, at: str, head: str, **more: str) -> None:
        whole = {f"{head}-{name}": value for name, value in sent.items()}
        assert told in people[who].post(at, 400, **more, **whole)

    for section in ("budget", "partners", "logframe"):
        told_at("rita", f"{DOCUMENT}sections/{section}/", "rows")
    rita, head = User.objects.get(name="Rita"), User.objects.get(name="Head")
    appraisal = actions.submit_document(document=draft, by=rita)
    at, under = f"/plans/SP/appraisals/{appraisal.pk}/", head.delegations.get()
    given = {"act": "decide", "decision": "approved", "delegation": str(under.pk)}
    told_at("head", at, "conditions", **given)
    assert Appraisal.objects.get().decision == ""
    life.decided(appraisal, head, under)
    actions.start_project(project=draft.project, by=User.objects.get(name="Mona"))
    told_at("mona", "/plans/SP/projects/P1/close/", "lessons", closed_on="2020-12-31")


def test_a_budget_is_taken_from_a_file(people, draft) -> None:
    text = "year,donor,earmarked,currency,amount,month\n2020,Norway,yes,USD,5,\n"
    file = io.BytesIO(text.encode())
    file.name = "budget.csv"
    people["rita"].post(f"{DOCUMENT}sections/budget/", **rows(), file=file)
    assert [one["amount"] for one in ProjectDocument.objects.get().content["budget"]] == ["5"]


def beside(page: str, field: str) -> str:
    """The cell of a field in a form of rows, with its message."""
    return page.split(f'name="{field}"')[1].split("</td>")[0]


def test_a_place_that_is_gone_when_the_framework_is_saved_is_told_and_stays_chosen(
    people, draft
) -> None:
    at, rita = f"{DOCUMENT}sections/logframe/", User.objects.get(name="Rita")
    actions.save_section(
        document=draft, section="places", given={"countries": ["KEN"]}, by=rita, version=None
    )
    held = ProjectDocument.objects.get()
    row = {"indicator": "STREETS", "place": "KEN/Nairobi", "target": "3"}
    page = people["rita"].post(at, 400, **rows(row), version=str(held.version))
    told = beside(page, "rows-0-place")
    assert "Nairobi is not among the project&#x27;s cities." in told
    assert '<option value="KEN/Nairobi" selected>' in told and "no longer a place" in told
    assert ProjectDocument.objects.get().content == held.content


def test_who_saw_an_older_version_keeps_the_place_that_is_gone(people, draft) -> None:
    at, rita = f"{DOCUMENT}sections/logframe/", User.objects.get(name="Rita")
    actions.save_section(document=draft, section="places", given={"countries": ["KEN"]}, by=rita)
    row = {"indicator": "STREETS", "place": "KEN/Nairobi", "target": "3"}
    page = people["rita"].post(at, 409, **rows(row), version=str(draft.version))
    assert "Somebody changed this meanwhile" in page
    assert '<option value="KEN/Nairobi" selected>' in beside(page, "rows-0-place")


def test_a_saved_row_whose_place_and_indicator_are_gone_is_not_shown_as_another_one(
    people, draft
) -> None:
    rita = User.objects.get(name="Rita")
    actions.save_section(document=draft, section="places", given={"countries": []}, by=rita)
    factories.Indicator.objects.update(is_headline=True)
    page = people["rita"].get(f"{DOCUMENT}sections/logframe/")
    assert '<option value="KEN" selected>' in beside(page, "rows-0-place")
    assert '<option value="STREETS" selected>' in beside(page, "rows-0-indicator")
    row = {"indicator": "STREETS", "place": "KEN", "target": "12"}
    page = people["rita"].post(f"{DOCUMENT}sections/logframe/", 400, **rows(row))
    assert "A headline takes the results" in beside(page, "rows-0-indicator")
    page = people["rita"].post(f"{DOCUMENT}sections/logframe/", 400, **rows({"target": "12"}))
    assert "Name the indicator, or empty the row." in beside(page, "rows-0-indicator")


def test_what_somebody_else_wrote_meanwhile_is_not_lost(people, draft) -> None:
    seen = str(draft.version)
    people["rita"].post(f"{DOCUMENT}sections/partners/", **rows(ABC), version=seen)
    page = people["mona"].post(
        f"{DOCUMENT}sections/partners/", 409, **rows(ABC | {"name": "B"}), version=seen
    )
    assert "Somebody changed this meanwhile" in page
    assert 'value="B"' in page
    assert ProjectDocument.objects.get().content["partners"] == [ABC | {"what": ""}]


def test_status_is_not_typed_and_approved_fields_are_locked(people) -> None:
    plan = factories.Indicator.objects.get(code="STREETS").plan
    life.approved(plan, factories.office("ROAF"))
    page = people["mona"].get("/plans/SP/projects/P1/edit/")
    assert 'name="status"' not in page and "they change with a revision" in page
    people["mona"].post(
        "/plans/SP/projects/P1/edit/", title="Safer streets", office="ROAF", end="2023-12-31"
    )
    saved = Project.objects.get()
    assert (str(saved.title), str(saved.end)) == ("Safer streets", "2021-06-30")


def submitted(number: int) -> None:
    plan = factories.Indicator.objects.get(code="STREETS").plan
    rita = User.objects.get(name="Rita")
    for _at in range(number):
        code = f"Q{Project.objects.count()}"
        document = life.proposal(plan, factories.office("ROAF"), rita, code)
        actions.submit_document(document=document, by=rita)


def queries(visitor: Visitor, at: str) -> int:
    visitor.get(at)
    with CaptureQueriesContext(connection) as captured:
        visitor.get(at)
    return len(captured)


def test_the_lists_take_as_many_queries_for_many_as_for_few(people) -> None:
    at, known = "/plans/SP/appraisals/", {}
    submitted(2)
    lesson = actions.LessonInput("Traders were late", "Ask first")
    for number in (1, 4):
        for _at in range(number):
            Lesson.objects.create(
                project=Project.objects.first(), context=lesson.context, learned=lesson.learned
            )
        counted = queries(people["rita"], at), queries(people["rita"], "/plans/SP/lessons/")
        known[number] = counted
        submitted(6)
    assert known[1] == known[4]


def test_appraisals_are_a_file_too(people) -> None:
    submitted(2)
    answer = people["rita"].client.get("/plans/SP/appraisals.csv?state=waiting")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    listed = list(csv.reader(io.StringIO(text)))
    heading = next(at for at, row in enumerate(listed) if row and row[0] == "Project")
    assert [row[7] for row in listed[heading + 1 :]] == ["100000.00", "100000.00"]
    assert people["rita"].client.get("/plans/SP/appraisals.xlsx").status_code == 200


def test_proposals_are_counted_once_with_their_last_decision(people) -> None:
    from projects.appraised import appraised

    submitted(3)
    head = User.objects.get(name="Head")
    rita = User.objects.get(name="Rita")
    first, second, third = Appraisal.objects.order_by("pk")
    under = first.plan.delegations.get()
    life.decided(first, head, under)
    life.decided(second, head, under, "rejected", reason="Not in line")
    life.decided(third, head, under, "returned", reason="More partners")
    actions.save_section(document=third.document, section="partners", given=[ABC], by=rita)
    life.decided(actions.submit_document(document=third.document, by=rita), head, under)
    found = appraised(Appraisal.objects.all())
    assert (found.reviewed, found.approvals, found.rejected, found.returned) == (3, 2, 1, 0)
    assert (found.usd, found.earmarked_usd) == (200_000, 140_000)


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("", [3, 2, 1]),
        ("q=Q0", [1, 1, 0]),
        ("q=nothing", [0, 0, 0]),
        ("decision=returned", [1, 0, 1]),
        ("decision=approved", [2, 2, 0]),
        ("state=waiting", [0, 0, 0]),
        ("outcome=1.1", [3, 2, 1]),
        ("outcome=3.1", [0, 0, 0]),
        ("level=regional", [3, 2, 1]),
        ("level=committee", [0, 0, 0]),
        ("office=ROAF", [3, 2, 1]),
        ("office=ROAP", [0, 0, 0]),
        (f"last={factories.days_ago(1)}", [0, 0, 0]),
        ("kind=proposal", [3, 2, 1]),
        ("kind=revision", [1, 1, 0]),
    ],
)
def test_the_numbers_above_the_list_follow_all_its_filters(people, asked, numbers) -> None:
    submitted(4)
    factories.office("ROAP")
    head, rita, mona = (User.objects.get(name=name) for name in ("Head", "Rita", "Mona"))
    first, second, third, _waiting = Appraisal.objects.order_by("pk")
    under = first.plan.delegations.get()
    life.decided(first, head, under)
    life.decided(second, head, under, "rejected", reason="Not in line")
    life.decided(third, head, under, "returned", reason="More partners")
    actions.save_section(document=third.document, section="partners", given=[ABC], by=rita)
    life.decided(actions.submit_document(document=third.document, by=rita), head, under)
    project = actions.start_project(project=first.document.project, by=mona)
    revision = actions.begin_revision(project=project, by=rita, reason="Less money")
    less = [{"year": "2020", "amount": "1"}]
    actions.save_section(document=revision, section="budget", given=less, by=rita)
    life.decided(actions.submit_document(document=revision, by=rita), head, under)
    page = people["rita"].get(f"/plans/SP/appraisals/?{asked}")
    strip = page.split('<dl class="strip">')[1].split("</dl>")[0]
    assert [int(one) for one in re.findall(r"<dd>(\d+)</dd>", strip)[:3]] == numbers
    counted = Api(rita).get("plans/SP/appraisals/count/", **dict(parse_qsl(asked))).json()
    returned = counted["returned"] + counted["rejected"]
    assert [counted["reviewed"], counted["approved"], returned] == numbers
    what = "revision" if asked == "kind=revision" else "proposal"
    assert f"with its filters: each {what} counts once" in page


def test_the_lessons_of_one_project_are_asked_for_by_its_code(people) -> None:
    submitted(2)
    first, second = Project.objects.order_by("code")
    for project, learned in ((first, "Ask first"), (second, "Pay early")):
        Lesson.objects.create(project=project, context="Late", learned=learned)
    page = people["rita"].get(f"/plans/SP/lessons/?project={first.code}")
    assert "Ask first" in page and "Pay early" not in page
    assert f'<input type="hidden" name="project" value="{first.code}"' in page
    assert "Ask first" not in people["rita"].get("/plans/SP/lessons/?project=NONE", 400)


def test_who_submitted_learns_who_may_decide(people) -> None:
    submitted(1)
    waiting = Appraisal.objects.get()
    plan, office, project = waiting.plan, waiting.office, waiting.document.project
    at = [f"/plans/SP/appraisals/{waiting.pk}/", f"/plans/SP/projects/{project.code}/document/1/"]
    life.person_with_authority(plan, factories.headquarters(), None, Level.COMMITTEE, "Chair")
    life.person_with_authority(plan, office, waiting.usd, name="Deputy")
    life.person_with_authority(plan, office, waiting.usd - 1, name="Less")
    life.person_with_authority(plan, factories.office("ROAP"), name="Elsewhere")
    # Who submitted it does not decide, whatever is delegated to them.
    own = plan.delegations.get(person__name="Head")
    own.pk, own.person = None, waiting.submitted_by
    own.save()
    told = "Waits for a decision by: Programme Review Committee (Chair); Head of a region (%s)"
    for page in at:
        assert told % "Deputy, Head" in people["rita"].get(page)
    few = [queries(people["rita"], page) for page in at]
    life.person_with_authority(plan, office, name="Xenia")
    for page in at:
        assert told % "Deputy, Head, Xenia" in people["rita"].get(page)
    assert [queries(people["rita"], page) for page in at] == few
    plan.delegations.update(until=timezone.localdate() - timedelta(days=1))
    for page in at:
        assert "Nobody has a delegation that covers this office" in people["rita"].get(page)
    plan.delegations.update(until=None)
    head = User.objects.get(name="Head")
    life.decided(waiting, head, plan.delegations.get(person=head))
    for page in at:
        assert "Waits for a decision by" not in people["rita"].get(page)


def test_my_work_lists_what_waits_of_project_documents(people) -> None:
    submitted(1)
    at = "/plans/SP/my-work/"
    assert "waits for your decision" in people["head"].get(at)
    assert "waits for your decision" not in people["rita"].get(at)
    head, appraisal = User.objects.get(name="Head"), Appraisal.objects.get()
    under = appraisal.plan.delegations.get()
    wanted = [actions.ConditionInput("Ask the traders", factories.days_ago(-3))]
    life.decided(appraisal, head, under, "conditions", conditions=wanted)
    assert "condition of the approval" in people["rita"].get(at)
    condition = appraisal.conditions.get()
    actions.answer_condition(condition=condition, answer="Asked", by=User.objects.get(name="Rita"))
    assert "condition of the approval" not in people["mona"].get(at)
    assert "is the condition met?" in people["head"].get(at)


def test_my_work_takes_as_many_queries_for_many_documents_as_for_few(people) -> None:
    submitted(1)
    few = queries(people["head"], "/plans/SP/my-work/")
    submitted(5)
    assert queries(people["head"], "/plans/SP/my-work/") == few


def test_only_meetings_since_the_submission_are_offered(people) -> None:
    plan, office = factories.Outcome.objects.first().plan, factories.office("ROAF")
    author = User.objects.get(name="Rita")
    waiting = actions.submit_document(document=life.proposal(plan, office, author), by=author)
    today = timezone.localdate()
    for day in (today - timedelta(days=1), today):
        actions.save_meeting(plan=plan, on=day, chair="Deputy", by=None)
    shown = people["head"].get(f"/plans/SP/appraisals/{waiting.pk}/")
    assert f">{said_day(today)}</option>" in shown
    assert f">{said_day(today - timedelta(days=1))}</option>" not in shown


def test_the_project_s_page_says_its_own_baselines_and_targets(people) -> None:
    plan, office = factories.Outcome.objects.first().plan, factories.office("ROAF")
    factories.indicator(factories.outcome(plan, "1.1"), "LEVEL", over_time="latest")
    frame = [{"indicator": "LEVEL", "baseline": "3", "target": "7", "by": "2021-03-31"}]
    mona = User.objects.get(name="Mona")
    actions.start_project(project=life.approved(plan, office, logframe=frame), by=mona)
    at = "/plans/SP/projects/P1/"
    page = " ".join(people["rita"].get(at).split())
    assert "baseline 3 · target 7 by 31 Mar 2021" in page

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            people["rita"].get(at)
        return len(asked)

    one = queries()
    both = [*frame, {"indicator": "STREETS", "country": "KEN", "target": "12"}]
    Project.objects.update(code="P0")
    actions.start_project(project=life.approved(plan, office, logframe=both), by=mona)
    assert queries() == one


def test_what_a_project_was_not_examined_for_is_told_in_words(people) -> None:
    plan, office = factories.Outcome.objects.first().plan, factories.office("ROAF")
    for code, name in (("SI-GEN", "Gender"), ("SI-AGE", "Age"), ("SI-DIS", "Disability")):
        factories.theme(plan, "inclusion", code, name)
    about = life.CONTENT["about"] | {"markers": {"SI-GEN": "0"}}
    life.approved(plan, office, about=about)
    waiting = Appraisal.objects.get()
    for at in ("/plans/SP/projects/P1/", DOCUMENT, f"/plans/SP/appraisals/{waiting.pk}/"):
        page = " ".join(re.sub(r"<[^>]*>", " ", people["rita"].get(at)).split()).lower()
        assert "gender examined, not targeted" in page, at
        assert "age not examined" in page and "disability not examined" in page, at


def test_the_history_and_the_budget_are_told_in_words(people) -> None:
    plan, office = factories.Outcome.objects.first().plan, factories.office("ROAF")
    life.approved(plan, office)
    page = people["rita"].get(DOCUMENT)
    assert "began a version of the project document" in page
    for internal in ("P1 1", "Record when it was begun", "Key"):
        assert internal not in page, internal
    assert "2020 · Norway · earmarked · USD</dt><dd>70\u202f000</dd>" in page
    changes = {"key": [None, "city nairobi"], "name": [None, "City of Nairobi"]}
    assert [one.label for one in changes_in_words("projects.partner", changes)] == ["Name"]


def test_a_draft_says_once_which_day_is_missing(people) -> None:
    people["rita"].post("/plans/SP/propose-project/", code="P1", title="Safe", office="ROAF")
    page = people["rita"].get(DOCUMENT)
    assert page.count("Say on which day the project begins.") == 1
    assert page.count("Say on which day the project ends.") == 1


def test_the_project_s_page_says_how_it_serves_its_outcomes_and_with_which_share(people) -> None:
    life.approved(factories.Outcome.objects.first().plan, factories.office("ROAF"))
    page = re.sub(r"<[^>]*>", " ", people["rita"].get("/plans/SP/projects/P1/"))
    shown = " ".join(page.split())
    assert "primary: counted here · 60 % of the money It opens public space" in shown
    assert "secondary · 40 % of the money Fewer cars" in shown
