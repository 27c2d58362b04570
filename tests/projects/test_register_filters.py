"""The register by donor, partner, year and decision; and its file with money and decisions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.clock import database_now
from outcomes.actions import get_thing
from projects import actions
from projects.models import Appraisal, BudgetLine, Project
from tests import factories
from tests.api_client import Api, problems
from tests.factories import life
from tests.reporting.test_list_files import lines
from tests.reporting.test_views import queries_of

pytestmark = pytest.mark.django_db


class Desk:
    def __init__(self) -> None:
        self.plan, self.office = life.desk()
        self.reader = factories.user("Reader")
        self.manager = factories.user("Mona", Role.MANAGER, self.office)
        self.api = Api(self.reader)
        self.head, self.under = life.person_with_authority(self.plan, self.office)
        self.reporter = factories.user("Rita", Role.REPORTER, self.office)

    def project(self, code: str, **fields: Any) -> Project:
        return factories.project(self.plan, code, self.office, **fields)

    def decided(self, code: str, decision: str) -> Appraisal:
        document = life.proposal(self.plan, self.office, self.reporter, code)
        waiting = actions.submit_document(document=document, by=self.reporter)
        return life.decided(waiting, self.head, self.under, decision, reason="As the office asks")

    def budget(self, of: Project, donor: str, superseded: bool = False) -> None:
        BudgetLine.objects.create(
            project=of,
            year=2020,
            donor=donor,
            earmarked=True,
            currency="USD",
            amount=Decimal("70.5"),
            usd=Decimal("70.5"),
            rate=1,
            rate_month=date(2020, 1, 1),
            recorded_at=database_now(),
            superseded_at=database_now() if superseded else None,
        )

    def moved(self, of: Project, **said: Any) -> None:
        entered = {"kind": "income", "date": "2020-04-01", "amount": "50", "earmarked": "yes"}
        actions.record_transaction(
            project=of, entered=actions.TransactionInput(**(entered | said)), by=self.manager
        )

    def codes(self, **asked: Any) -> set[str]:
        return {one["code"] for one in self.api.rows("plans/SP/projects/", **asked)}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_donor_is_found_by_budget_and_income_that_count(desk: Desk) -> None:
    by_budget, by_income, was, spent = (desk.project(code) for code in "ABCD")
    desk.budget(by_budget, "Norway")
    desk.moved(by_income, donor="norway")
    desk.budget(was, "Norway", superseded=True)
    desk.moved(spent, donor="Norway", kind="expenditure")
    assert desk.codes(donor="NORWAY") == {"A", "B"}
    assert desk.codes(donor="Nor") == set()


def test_a_partner_is_found_under_all_its_names_while_its_contribution_stands(desk: Desk) -> None:
    first, second, third = (desk.project(code) for code in "ABC")
    partner = factories.partner(desk.plan, "Shelter for All")
    spelling = factories.partner(desk.plan, "City of Nairobi")
    factories.contribution(first, partner)
    factories.contribution(second, spelling)
    taken_back = factories.contribution(third, partner)
    actions.withdraw_contribution(contribution=taken_back, reason="Not so", by=desk.manager)
    assert desk.codes(partner=partner.pk) == {"A"}
    spelling.merged_into = partner
    spelling.save()
    assert desk.codes(partner=partner.pk) == {"A", "B"}
    wrong = desk.api.get("plans/SP/projects/", partner=999_999)
    assert problems(wrong) == {("partner", "unknown_value")}


def test_a_project_runs_in_every_year_that_it_shares_a_day_with(desk: Desk) -> None:
    desk.project("A", start=date(2020, 12, 31), end=date(2021, 1, 1))
    desk.project("B", start=date(2021, 6, 1))
    desk.project("C")
    assert desk.codes(year=2020) == {"A"}
    assert desk.codes(year=2021) == {"A", "B"}
    assert desk.codes(year=2023) == {"B"}
    assert desk.codes(year=2019) == set()


def test_the_last_decision_is_the_one_that_finds_a_project(desk: Desk) -> None:
    desk.decided("A", "approved")
    returned = desk.decided("B", "returned")
    desk.decided("C", "rejected")
    assert desk.codes(decision="approved") == {"A"}
    assert desk.codes(decision="returned") == {"B"}
    draft = returned.document
    draft.refresh_from_db()
    actions.save_section(document=draft, section="partners", given=[], by=desk.reporter)
    again = actions.submit_document(document=draft, by=desk.reporter)
    assert desk.codes(decision="returned") == {"B"}
    life.decided(again, desk.head, desk.under, "approved")
    assert desk.codes(decision="returned") == set()
    assert desk.codes(decision="approved") == {"A", "B"}


def test_the_register_offers_the_filters_and_a_view_keeps_them(desk: Desk) -> None:
    partner = factories.partner(desk.plan, "Shelter for All")
    factories.contribution(desk.project("A", start=date(2020, 1, 1)), partner)
    client = Client()
    client.force_login(desk.reader)
    query = f"partner={partner.pk}&year=2020"
    html = client.get(f"/plans/SP/projects/?{query}").content.decode()
    assert "Project A" in html and f'<option value="{partner.pk}" selected>' in html
    for name in ("donor", "year", "decision"):
        assert f'name="{name}"' in html
    kept = desk.api.post(
        "plans/SP/saved-views/", {"register": "projects", "name": "Mine", "query": query}
    )
    assert kept.json()["query"] == query
    assert client.get("/plans/SP/projects/?year=x").status_code == 400


def test_the_file_of_projects_has_money_places_partners_and_the_last_decision(desk: Desk) -> None:
    project = desk.project("A", where=factories.country("KEN", "Kenya", desk.office))
    desk.budget(project, "Norway")
    desk.moved(project, amount="50")
    indicator = factories.indicator(factories.outcome(desk.plan, "1.1"), "WATER")
    city = get_thing(
        plan=desk.plan,
        kind="city",
        key="nbo",
        name={"en": "Nairobi"},
        country=project.countries.get(),
    )
    factories.serve(project, indicator)
    actions.set_line(project=project, indicator=indicator, city=city, by=None)
    partner = factories.partner(desk.plan, "Shelter for All")
    factories.contribution(project, partner, role="implementing")
    desk.decided("B", "rejected")
    first, second = lines(desk.reader, "projects")
    assert first["Approved budget, in US dollars"] == "70.50"
    assert first["Received, in US dollars"] == "50.00"
    assert first["Spent, in US dollars"] == ""
    assert (first["Cities"], first["Implementing partners"]) == ("Nairobi", "Shelter for All")
    assert (first["Last decision"], first["Decided on"]) == ("", "")
    assert second["Last decision"] == "Rejected"
    assert second["Decided on"] == Appraisal.objects.get().decided_on.isoformat()


def test_the_file_of_projects_costs_as_many_queries_for_many_as_for_few(desk: Desk) -> None:
    client = Client()
    client.force_login(desk.reader)

    def one(code: str) -> None:
        project = desk.project(code)
        desk.budget(project, "Norway")
        factories.contribution(project, factories.partner(desk.plan, f"Partner {code * 9}"))

    one("A")
    queries_of(client, "/plans/SP/projects.csv")
    few = queries_of(client, "/plans/SP/projects.csv")
    for code in "BCDE":
        one(code)
    assert queries_of(client, "/plans/SP/projects.csv") == few
