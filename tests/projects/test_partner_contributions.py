"""What partners contribute to projects: in which role, how much, at which rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from projects.actions import (
    ContributionInput,
    merge_partners,
    save_contribution,
    withdraw_contribution,
)
from projects.models import ExchangeRate, FinalReport, Partner, PartnerContribution, Project
from tests import factories
from tests.api_client import Api, problems

pytestmark = pytest.mark.django_db
APRIL = date(2020, 4, 1)


@pytest.fixture
def project() -> Project:
    return factories.project(factories.plan("SP"), "P1")


@pytest.fixture
def partner(project) -> Partner:
    return factories.partner(project.plan, "Shelter for All")


@pytest.fixture
def reporter(project) -> User:
    return factories.user("Reporter", Role.REPORTER, project.office)


@pytest.fixture
def euro() -> ExchangeRate:
    return ExchangeRate.objects.create(currency="EUR", month=APRIL, rate=Decimal("0.8"))


def given(partner: Partner | None, **content: Any) -> ContributionInput:
    entered: dict[str, Any] = {"role": "funding", "what": "Pays for pipes", "start": APRIL}
    return ContributionInput(**({"partner": partner} | entered | content))


def codes(project: Project, entered: ContributionInput) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        save_contribution(project=project, entered=entered, by=None)
    return {(one.field, one.code) for one in refused.value.problems}


def test_an_amount_is_kept_with_the_rate_of_its_month(project, partner, reporter, euro) -> None:
    entered = given(partner, amount="1 000.50", currency="eur", start=date(2020, 4, 30))
    one = save_contribution(project=project, entered=entered, by=reporter)
    assert (one.amount, one.currency, one.usd, one.rate, one.rate_month) == (
        Decimal("1000.50"),
        "EUR",
        Decimal("1250.63"),
        Decimal("0.8"),
        APRIL,
    )


def test_a_rate_that_is_corrected_changes_nothing_until_the_amount_does(
    project, partner, reporter, euro
) -> None:
    one = save_contribution(
        project=project, entered=given(partner, amount="8", currency="EUR"), by=reporter
    )
    ExchangeRate.objects.update(rate=Decimal(1))
    for amount, usd in (("8.00", 10), ("9", 9)):
        entered = given(partner, amount=amount, currency="EUR", what=f"Pays {amount}")
        one = save_contribution(project=project, entered=entered, by=reporter, contribution=one)
        assert one.usd == usd


def test_what_is_not_stated_is_no_amount(project, partner, reporter) -> None:
    one = save_contribution(project=project, entered=given(partner), by=reporter)
    assert (one.amount, one.currency, one.usd, one.rate) == (None, "", None, None)
    with pytest.raises(IntegrityError), transaction.atomic():
        PartnerContribution.objects.update(amount=Decimal(1))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"amount": "5", "currency": "QQQ"}, ("currency", "unknown_currency")),
        ({"amount": "5"}, ("currency", "missing_currency")),
        ({"currency": "EUR"}, ("amount", "currency_without_amount")),
        ({"amount": "0", "currency": "USD"}, ("amount", "amount_not_above_zero")),
        ({"amount": "1.005", "currency": "USD"}, ("amount", "too_many_decimals")),
        ({"amount": "much", "currency": "USD"}, ("amount", "not_a_number")),
        ({"what": "x" * 501}, ("what", "too_long")),
    ],
)
def test_one_mistake_is_told_by_its_code(project, partner, wrong, told) -> None:
    assert codes(project, given(partner, **wrong)) == {told}


def test_every_mistake_is_told_at_once(project) -> None:
    elsewhere = factories.partner(factories.plan("DEMO"))
    assert codes(project, given(elsewhere, role="cook", what=" ", start=None)) == {
        ("partner", "unknown_partner"),
        ("role", "unknown_role"),
        ("what", "missing_text"),
        ("start", "missing_date"),
    }
    assert codes(project, given(None)) == {("partner", "missing_partner")}


def test_only_the_project_s_office_says_it(project, partner) -> None:
    for by in (
        factories.user("Outside", Role.REPORTER, factories.office("ROAP")),
        factories.user("Reviewer", Role.REVIEWER),
    ):
        with pytest.raises(NotAllowed):
            save_contribution(project=project, entered=given(partner), by=by)


def test_what_was_withdrawn_is_kept_and_counts_nowhere(project, partner, reporter) -> None:
    one = factories.contribution(project, partner)
    withdraw_contribution(contribution=one, reason="Entered twice", by=reporter)
    assert not PartnerContribution.objects.standing().exists()
    with pytest.raises(DomainError) as refused:
        save_contribution(project=project, entered=given(partner), by=reporter, contribution=one)
    assert refused.value.code == "already_withdrawn"


# --- Pages and API -----------------------------------------------------------------------------


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_project_and_partner_show_it_under_the_name_that_counts(project, partner, euro) -> None:
    manager = factories.user("Manager", Role.MANAGER)
    factories.contribution(project, partner, amount="8", currency="EUR")
    factories.contribution(project, partner, what="Lends engineers", role="technical")
    other = factories.partner(project.plan, "Habitat Alliance")
    merge_partners(partner=partner, into=other, by=manager, reason="Renamed")
    client = signed_in(manager)
    page = client.get("/plans/SP/projects/P1/").content.decode()
    assert f"/plans/SP/partners/{other.pk}/" in page and "Habitat Alliance" in page
    assert "10 US dollars" in page and "Lends engineers" in page
    page = client.get(f"/plans/SP/partners/{other.pk}/").content.decode()
    assert "Together 10 US dollars" in page
    assert "and 1 contribution without an amount" in page
    rows = client.get("/plans/SP/partners/", {"role": "technical"}).context["page"].rows
    assert [(row.name, row.projects_served) for row in rows] == [("Habitat Alliance", 1)]
    assert not client.get("/plans/SP/partners/", {"role": "other"}).context["page"].rows
    text = b"".join(client.get("/plans/SP/partners.csv").streaming_content).decode()
    assert "P1: Implementing partner; P1: Technical partner" in text


@pytest.mark.parametrize(
    ("end", "cut_short"),
    [(None, True), (date(2021, 12, 31), True), (date(2021, 6, 30), False)],
)
def test_what_outlasts_its_project_says_when_that_was_closed(
    project, partner, reporter, end, cut_short
) -> None:
    factories.contribution(project, partner, end=end)
    FinalReport.objects.create(project=project, closed_on=date(2021, 6, 30))
    page = signed_in(reporter).get(f"/plans/SP/partners/{partner.pk}/").content.decode()
    assert ("project closed on 30 Jun 2021" in page) == cut_short


def test_a_reporter_adds_changes_and_withdraws_it(project, partner, reporter) -> None:
    client = signed_in(reporter)
    add = "/plans/SP/projects/P1/contributions/add/"
    assert "Shelter for All" in client.get(add).content.decode()
    form = {"partner": "Nobody", "role": "funding", "what": "Pays", "start": "2020-04-01"}
    answer = client.post(add, form)
    assert answer.status_code == 400
    assert "No partner of this name is registered. Add it" in answer.content.decode()
    answer = client.post(add, form | {"partner": "Shelters for All"})
    assert "Nearly the same: “Shelter for All”." in answer.content.decode()
    assert client.post(add, form | {"partner": "shelter FOR all"}).status_code == 302
    one = PartnerContribution.objects.get()
    change = f"/plans/SP/contributions/{one.pk}/change/"
    form |= {"partner": "Shelter for All", "amount": "5", "currency": "USD", "version": "1"}
    assert client.post(change, form).status_code == 302
    assert client.post(change, form | {"what": "More"}).status_code == 400
    one.refresh_from_db()
    assert (one.usd, one.version) == (5, 2)
    withdraw = f"/plans/SP/contributions/{one.pk}/withdraw/"
    assert "Say why it is withdrawn." in client.post(withdraw, {}).content.decode()
    assert client.post(withdraw, {"reason": "Twice", "version": "2"}).status_code == 302
    assert "No partner is named yet." in client.get("/plans/SP/projects/P1/").content.decode()


def test_pages_take_as_many_queries_for_thirty_rows_as_for_three(project, reporter) -> None:
    partner = factories.partner(project.plan, "Shelter for All")
    client = signed_in(reporter)
    asked = []
    for number in (3, 30):
        for one in range(number):
            firm = factories.partner(project.plan, f"Firm {number} {one} {'x' * one}")
            factories.contribution(project, firm)
            factories.contribution(project, partner)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/plans/SP/projects/P1/").status_code == 200
            assert client.get(f"/plans/SP/partners/{partner.pk}/").status_code == 200
        asked.append(len(captured))
    assert asked[0] == asked[1]


def test_a_program_keeps_contributions(project, partner, reporter) -> None:
    api = Api(reporter)
    body = {"project": "P1", "partner": partner.pk, "role": "funding", "what": "Pays for pipes"}
    assert problems(api.post("plans/SP/partner-contributions/", body)) == {
        ("start", "missing_date")
    }
    body |= {"start": "2020-04-01", "amount": "12.50", "currency": "USD"}
    made = api.post("plans/SP/partner-contributions/", body)
    assert made.status_code == 201
    assert (made.json()["usd"], made.json()["rate_month"]) == ("12.5", "2020-04")
    path = f"plans/SP/partner-contributions/{made.json()['id']}/"
    changed = api.patch(path, {"amount": None, "currency": "", "version": 1})
    assert (changed.json()["amount"], changed.json()["what"]) == (None, "Pays for pipes")
    assert len(api.rows("plans/SP/partner-contributions/", project="P1", partner=partner.pk)) == 1
    assert api.post(f"{path}withdraw/", {"reason": "Twice"}).status_code == 200
    assert api.rows("plans/SP/partner-contributions/") == []


def test_the_list_of_the_api_takes_a_fixed_number_of_queries(project, partner, reporter) -> None:
    api = Api(reporter)
    asked = []
    for number in (3, 30):
        for _one in range(number):
            factories.contribution(project, partner)
        asked.append(api.queries("plans/SP/partner-contributions/"))
    assert asked[0] == asked[1]
