"""Lists and single pages as files: their rows and filters, numbers as numbers, harmless text."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from outcomes.models import StatedFigure, ThemeLink
from projects import actions
from projects.models import Condition, ExchangeRate, InnovationLab, Lesson, Story
from tests import factories
from tests.factories import life

from .test_exports import downloaded
from .test_views import queries_of

pytestmark = pytest.mark.django_db

LISTS = (
    *("lessons", "conditions", "stories", "labs", "delegations", "meetings"),
    *("exchange-rates", "budget-lines", "stated", "documents", "product-applications"),
)


class Desk:
    """A project that was approved with a condition, is under way, and all that hangs on it."""

    def __init__(self) -> None:
        self.plan, self.office = life.desk()
        self.head, under = life.person_with_authority(self.plan, self.office, most=500_000)
        self.reporter = factories.user("Rita", Role.REPORTER, self.office)
        document = life.proposal(self.plan, self.office, self.reporter)
        waiting = actions.submit_document(document=document, by=self.reporter)
        conditions = [
            actions.ConditionInput("=HYPERLINK(1)", date(2029, 1, 1)),
            actions.ConditionInput("Ask the traders", date(2030, 1, 1)),
        ]
        life.decided(waiting, self.head, under, "conditions", conditions=conditions)
        Condition.objects.filter(text__startswith="=").update(due=date(2020, 5, 1))
        self.project = document.project
        self.kenya = factories.country("KEN", "Kenya", self.office)
        self.add(1)

    def add(self, number: int) -> None:
        """One more of everything that is listed."""
        Lesson.objects.create(
            project=self.project, country=self.kenya, context="Late", learned=f"Ask {number}"
        )
        Story.objects.create(
            project=self.project, title=f"Water {number}", text="A tap", entered_by=self.reporter
        )
        InnovationLab.objects.create(
            plan=self.plan,
            name=f"Lab {number}",
            key=str(number),
            office=self.office,
            country=self.kenya,
            status="operating",
        ).projects.add(self.project)
        product = factories.deliverable(self.project, f"Manual {number}")
        factories.application(product, factories.project(self.plan, f"USES{number}", self.office))
        life.proposal(self.plan, self.office, self.reporter, f"DRAFT{number}")
        actions.save_meeting(plan=self.plan, on=date(2020, 4, number), chair="Deputy", by=None)
        ExchangeRate.objects.create(currency="KES", month=date(2020, number, 1), rate="107.25")
        StatedFigure.objects.create(
            plan=self.plan,
            key=f"S{number}",
            topic="partners",
            text={"en": "Partners"},
            value="12.5",
            paragraph="4",
            quote={"en": "12.5"},
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def lines(user: User, name: str, **asked: Any) -> list[dict[str, str]]:
    """The rows of a file by the headings, below the notes."""
    client = Client()
    client.force_login(user)
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    text = downloaded(client, f"/plans/SP/{name}.csv?{query}").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    start = rows.index([]) + 1
    return [dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :]]


def test_conditions_come_with_where_they_stand_and_as_harmless_text(desk: Desk) -> None:
    late, open_one = lines(desk.reporter, "conditions")
    assert late["Condition"] == "'=HYPERLINK(1)"
    assert (late["Due"], late["Overdue"], late["Met"]) == ("2020-05-01", "yes", "no")
    assert (open_one["Project"], open_one["Overdue"]) == ("P1", "no")
    assert [one["Condition"] for one in lines(desk.reporter, "conditions", overdue="false")] == [
        "Ask the traders"
    ]
    assert lines(desk.reporter, "conditions", met="true") == []


def test_conditions_are_those_of_the_appraisals_that_the_page_shows(desk: Desk) -> None:
    assert len(lines(desk.reporter, "conditions", decision="conditions", office="ROAF")) == 2
    assert len(lines(desk.reporter, "conditions", decision="conditions", overdue="true")) == 1
    assert lines(desk.reporter, "conditions", decision="rejected") == []
    assert lines(desk.reporter, "conditions", q="nothing") == []
    client = Client()
    client.force_login(desk.reporter)
    page = client.get("/plans/SP/appraisals/?decision=conditions&office=ROAF").content.decode()
    for name in ("appraisals", "conditions"):
        assert f"/plans/SP/{name}.csv?decision=conditions&amp;office=ROAF" in page


def test_drafts_are_documents_with_their_budgets(desk: Desk) -> None:
    draft, approved = lines(desk.reporter, "documents")
    assert (draft["Project"], draft["Status"], draft["Approved at"]) == ("DRAFT1", "Draft", "")
    assert (draft["Budget, in US dollars"], draft["Of it earmarked"]) == ("100000.00", "70000.00")
    assert approved["Project"] == "P1" and approved["Approved at"]
    assert [one["Project"] for one in lines(desk.reporter, "documents", status="draft")] == [
        "DRAFT1"
    ]


def test_products_come_with_the_projects_that_apply_them(desk: Desk) -> None:
    (one,) = lines(desk.reporter, "product-applications")
    assert (one["Product"], one["Delivered by"], one["Project"]) == ("Manual 1", "P1", "USES1")
    assert lines(desk.reporter, "product-applications", state="withdrawn") == []


def test_budget_lines_are_sums_with_two_decimals_narrowed_as_their_page(desk: Desk) -> None:
    first, second = lines(desk.reporter, "budget-lines", project="P1")
    assert (first["Year"], first["Donor"], first["Earmarked"]) == ("2020", "Norway", "yes")
    assert (first["Amount"], first["US dollars"]) == ("70000.00", "70000.00")
    assert (second["Earmarked"], second["US dollars"]) == ("no", "30000.00")
    assert len(lines(desk.reporter, "budget-lines", year="2021", office="ROAF")) == 1
    factories.office("ROAP")
    assert lines(desk.reporter, "budget-lines", office="ROAP") == []
    assert lines(desk.reporter, "budget-lines", as_of="2020-01-01") == []


def test_delegations_meetings_and_rates_say_what_their_pages_say(desk: Desk) -> None:
    [held] = lines(desk.reporter, "delegations", in_force="true")
    assert (held["Person"], held["Office"]) == ("Head", "ROAF")
    assert held["Up to, in US dollars"] == "500000.00"
    [meeting] = lines(desk.reporter, "meetings")
    assert (meeting["Date"], meeting["Chair"], meeting["Decisions"]) == (
        "2020-04-01",
        "Deputy",
        "0",
    )
    [rate] = lines(desk.reporter, "exchange-rates", currency="KES")
    assert (rate["Month"], rate["Units for one US dollar"]) == ("2020-01", "107.25")


def test_lessons_stories_and_labs_are_narrowed_as_their_pages(desk: Desk) -> None:
    desk.add(2)
    assert [one["What was learned"] for one in lines(desk.reporter, "lessons", q="2")] == ["Ask 2"]
    assert [one["Projects"] for one in lines(desk.reporter, "labs", country="KEN")] == ["P1", "P1"]
    elsewhere = factories.user("Omar", Role.READER, factories.office("ROAP"))
    assert len(lines(desk.reporter, "stories")) == 2
    assert lines(elsewhere, "stories") == []  # drafts are for their office


def test_what_documents_state_has_its_number_and_its_passage(desk: Desk) -> None:
    [stated] = lines(desk.reporter, "stated")
    assert (stated["Key"], stated["Stated"], stated["Passage"]) == ("S1", "12.5", "12.5")
    assert lines(desk.reporter, "stated", topic="region") == []


def test_frameworks_and_their_targets_say_what_serves_them(desk: Desk) -> None:
    sendai = factories.theme(desk.plan, "global_framework", "SENDAI", "Sendai Framework")
    target = factories.theme(desk.plan, "framework_target", "SENDAI-A", "Fewer deaths")
    target.part_of = sendai
    target.save()
    outcome = desk.project.alignments.get(rank="primary").outcome
    ThemeLink.objects.create(theme=target, outcome=outcome, source="Para. 4", confidence="stated")
    [framework] = lines(desk.reporter, "frameworks")
    assert (framework["Code"], framework["Targets"]) == ("SENDAI", "1")
    [row] = lines(desk.reporter, "frameworks/SENDAI/targets")
    assert (row["Outcomes"], row["Projects"], row["Matched"]) == ("1.1", "1", "yes")


def test_partners_are_counted_in_the_window_that_is_asked_for(desk: Desk) -> None:
    partner = factories.partner(desk.plan, "Shelter", kind="civil_society")
    factories.agreement(partner, at=desk.office)
    counted = {one["Kind"]: one["Partners"] for one in lines(desk.reporter, "partners/count")}
    assert counted["Together, as the review counts"] == "1"
    old = lines(desk.reporter, "partners/count", start="2019-01-01", end="2019-12-31")
    assert {one["Partners"] for one in old} == {"0"}


def test_a_region_says_results_projects_money_and_strategy(desk: Desk) -> None:
    rows = lines(desk.reporter, "regions/ROAF")
    money = {one["What"]: one["US dollars"] for one in rows if one["Part"] == "Money"}
    assert (money["Approved"], money["Spent"]) == ("100000.00", "")
    results = {one["Code"]: one["Number"] for one in rows if one["Part"] == "Results"}
    assert results["1.1"] == "1"
    told = {one["What"]: one["Number"] for one in rows if one["Part"] == "Projects"}
    assert told == {"In preparation": "1", "Approved, not begun": "1", "Under way": "1"}


@pytest.mark.parametrize("name", LISTS)
def test_a_file_costs_as_many_queries_for_many_as_for_few(desk: Desk, name: str) -> None:
    client = Client()
    client.force_login(desk.reporter)
    address = f"/plans/SP/{name}.csv"
    downloaded(client, address)
    few = queries_of(client, address)
    for number in range(2, 6):
        desk.add(number)
    assert queries_of(client, address) == few


@pytest.mark.parametrize("name", LISTS)
def test_a_file_opens_in_excel_and_refuses_what_its_page_refuses(desk: Desk, name: str) -> None:
    client = Client()
    client.force_login(desk.reporter)
    assert downloaded(client, f"/plans/SP/{name}.xlsx")[:2] == b"PK"
    filters = {"labs": "country", "meetings": "first", "stated": "topic", "exchange-rates": "month"}
    wrong = filters.get(name, "project" if name in ("conditions", "budget-lines") else "office")
    answer = client.get(f"/plans/SP/{name}.csv?{wrong}=nothing")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("page", "name"),
    [
        *(("lessons", "lessons"), ("stories", "stories"), ("labs", "labs")),
        *(("setup/delegations", "delegations"), ("setup/meetings", "meetings")),
        *(("setup/exchange-rates", "exchange-rates"), ("about", "stated")),
        *(("partners/count", "partners/count"), ("regions/ROAF", "regions/ROAF")),
        *(("appraisals", "conditions"), ("projects/P1/money", "budget-lines")),
        ("appraisals", "documents"),
        ("money", "budget-lines"),
    ],
)
def test_pages_lead_to_their_files(desk: Desk, page: str, name: str) -> None:
    client = Client()
    client.force_login(desk.reporter)
    html = client.get(f"/plans/SP/{page}/").content.decode()
    assert f"/plans/SP/{name}.csv" in html and f"/plans/SP/{name}.xlsx" in html
