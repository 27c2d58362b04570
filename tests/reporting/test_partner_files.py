"""Partners and money as files: the rows of pages and API, and nothing that the reader may not."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from plans.models import StrategicPlan
from projects import actions
from projects.models import PartnerFeedback, Project
from tests import factories
from tests.api_client import Api

from .test_exports import downloaded
from .test_views import queries_of

pytestmark = pytest.mark.django_db

FILES = (
    *("agreements", "contributions", "partner-feedback"),
    *("money/core-budget", "money/deferrals"),
)


@pytest.fixture
def plan() -> StrategicPlan:
    return factories.plan("SP")


@pytest.fixture
def project(plan) -> Project:
    return factories.project(plan, "P1", factories.office("ROAF"), serves=factories.outcome(plan))


@pytest.fixture
def manager(project) -> User:
    return factories.user("Mona", Role.MANAGER, project.office)


@pytest.fixture
def outsider() -> User:
    return factories.user("Omar", Role.READER, factories.office("ROAP"))


def lines(user: User, name: str, **asked: Any) -> list[dict[str, str]]:
    """The rows of a file by the headings, below the notes."""
    client = Client()
    client.force_login(user)
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    text = downloaded(client, f"/plans/SP/{name}.csv?{query}").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    start = rows.index([]) + 1
    return [dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :]]


def said(project: Project, by: User, consent: bool | None) -> PartnerFeedback:
    """A partner was asked and, unless `consent` is None, answered."""
    partner = factories.partner(project.plan)
    factories.contribution(project, partner)
    asked = actions.ask_partner(project=project, partner=partner, email="a@example.org", by=by)
    if consent is None:
        return asked
    return actions.answer_feedback(
        token=signing.dumps(asked.pk, salt="projects.feedback"),
        name="Ann",
        rating="4",
        went_well="We met weekly.",
        to_improve="",
        consent=consent,
    )


def test_agreements_leave_as_they_are_listed(plan, manager) -> None:
    kenya = factories.country("KEN", "Kenya", factories.office("ROAF"))
    old, new = (factories.partner(plan, name) for name in ("Nakuru Town", "=City of Nakuru"))
    factories.agreement(
        old, title="Wells", at=kenya.office, scope="country", countries=(kenya,), reference="A/1"
    )
    gone = factories.agreement(new, title="Streets")
    actions.withdraw_agreement(agreement=gone, reason="Twice", by=None)
    actions.merge_partners(partner=old, into=new, by=None, reason="One")
    [one] = lines(manager, "agreements", partner=new.pk)
    assert (one["Partner"], one["Signed as"], one["Countries"], one["State"]) == (
        *("'=City of Nakuru", "Nakuru Town"),
        *("Kenya", "In force"),
    )
    assert (one["Signed on"], one["Until"], one["Reference"]) == ("2020-04-01", "", "A/1")
    [withdrawn] = lines(manager, "agreements", state="withdrawn")
    assert (withdrawn["Agreement"], withdrawn["Why it was withdrawn"]) == ("Streets", "Twice")


def test_contributions_tell_the_amount_and_leave_empty_what_is_not_stated(project, manager) -> None:
    partner = factories.partner(project.plan, "Shelter for All")
    factories.contribution(project, partner, amount=50, currency="USD", role="funding")
    factories.contribution(project, partner)
    other = factories.project(project.plan, "P2")
    factories.contribution(other, partner)
    rows = lines(manager, "contributions", project="P1")
    assert sorted((row["Amount"], row["US dollars"]) for row in rows) == [
        *(("", ""), ("50.00", "50.00")),
    ]
    assert len(lines(manager, "contributions")) == 3
    assert len(lines(manager, "contributions", role="funding")) == 1


def test_feedback_leaves_as_far_as_the_reader_sees_it_with_the_consent(
    project, manager, outsider
) -> None:
    open_, silent, spoken = (said(project, manager, consent) for consent in (None, False, True))
    actions.publish_feedback(feedback=spoken, by=manager)
    actions.reply_to_feedback(feedback=spoken, text="Thank you.", by=manager)
    own = lines(manager, "partner-feedback")
    consents = [row["Consents to its being published"] for row in own]
    assert (len(own), sorted(consents)) == (3, ["", "no", "yes"])
    [published] = lines(outsider, "partner-feedback")
    assert (published["Partner"], published["Answer of the office"], published["By"]) == (
        *(spoken.partner.name, "Thank you."),
        "Mona",
    )
    assert not any("a@example.org" in cell for row in own for cell in row.values())
    assert len(lines(manager, "partner-feedback", answered="false")) == 1
    assert (
        lines(manager, "partner-feedback", partner=silent.partner_id)[0][
            "Rating, from 1 (poor) to 5 (very good)"
        ]
        == "4"
    )
    actions.merge_partners(partner=open_.partner, into=spoken.partner, by=None, reason="One")
    assert len(lines(manager, "partner-feedback", partner=spoken.partner_id)) == 2
    assert len(Api(manager).rows("plans/SP/partner-feedback/", partner=spoken.partner_id)) == 2


def test_the_core_budget_leaves_with_its_share(plan, project, outsider) -> None:
    for year, received in ((2020, "100"), (2021, "")):
        entered = actions.CoreBudgetInput(
            year=year, approved="300", received=received, risk_below="50", source="Assembly"
        )
        actions.set_core_budget(plan=plan, entered=entered, by=None)
    share, risk = "Received, in percent of approved", "At risk"
    rows = lines(outsider, "money/core-budget")
    assert [(row["Year"], row["Received"], row[share], row[risk]) for row in rows] == [
        ("2020", "100.00", "33.33", "yes"),
        ("2021", "", "", ""),
    ]
    assert len(lines(outsider, "money/core-budget", year=2021)) == 1


def test_what_was_put_off_leaves_with_what_became_of_it(plan, project, outsider) -> None:
    outcome, other = factories.outcome(plan), factories.outcome(plan, "1.2")
    for of, until in ((outcome, 2021), (outcome, 2022), (other, 2023)):
        held = actions.defer_outcome(
            outcome=of,
            planned=date(2020, 6, 1),
            until=date(until, 1, 1),
            reason=f"No funds before {until}",
            by=None,
        )
    actions.end_deferral(deferral=held, by=factories.user("Head", Role.MANAGER))
    now = lines(outsider, "money/deferrals")
    assert [(row["Code"], row["Put off to"], row["State"], row["Ended on"]) for row in now] == [
        ("1.1", "2022-01-01", "Put off", "")
    ]
    every = lines(outsider, "money/deferrals", state="all")
    assert [(row["Why"], row["State"], row["Ended by"]) for row in every] == [
        ("No funds before 2021", "Put off anew", ""),
        ("No funds before 2022", "Put off", ""),
        ("No funds before 2023", "Taken up again", "Head"),
    ]
    assert len(lines(outsider, "money/deferrals", state="ended", outcome="1.2")) == 1
    rows = Api(outsider).rows("plans/SP/deferrals/", state="ended")
    assert [row["state"] for row in rows] == ["anew", "taken_up"]
    assert len(Api(outsider).rows("plans/SP/deferrals/")) == 1
    # Late is what is still put off: not what went on, whatever its date was.
    assert [row["Overdue"] for row in every] == ["no", "yes", "no"]
    told = Api(outsider).rows("plans/SP/deferrals/", state="all")
    assert {row["until"]: row["is_late"] for row in told} == {
        "2021-01-01": False,
        "2022-01-01": True,
        "2023-01-01": False,
    }
    client = Client()
    client.force_login(outsider)
    page = client.get("/plans/SP/money/deferrals/", {"state": "all"}).content.decode()
    assert "Taken up again" in page and "Put off anew" in page
    assert "Taken up again" not in client.get("/plans/SP/money/deferrals/").content.decode()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_of_what_nobody_knows_is_refused_and_a_stranger_signs_in(
    plan, project, manager, name, kind
) -> None:
    address = f"/plans/SP/{name}.{kind}"
    assert "/accounts/login/" in Client().get(address).headers["Location"]
    client = Client()
    client.force_login(manager)
    wrong = {"partner-feedback": "answered=maybe", "money/core-budget": "year=soon"}
    assert client.get(f"{address}?{wrong.get(name, 'state=lost')}").status_code == 400
    answer = client.get(address)
    assert answer.status_code == 200 and answer["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("name", FILES)
def test_a_file_takes_as_many_queries_for_six_rows_as_for_one(plan, project, manager, name) -> None:
    client = Client()
    client.force_login(manager)
    asked = []
    for some in (range(1), range(1, 6)):
        for number in some:
            said(project, manager, consent=True)
            factories.agreement(PartnerFeedback.objects.latest("pk").partner)
            entered = actions.CoreBudgetInput(2020 + number % 4, f"{100 + number}", source="Board")
            actions.set_core_budget(plan=plan, entered=entered, by=None)
            actions.defer_outcome(
                outcome=factories.outcome(plan, f"1.{number + 1}"),
                planned=date(2020, 6, 1),
                until=date(2022, 1, 1),
                reason="No funds",
                by=None,
            )
        asked.append(queries_of(client, f"/plans/SP/{name}.csv"))
    assert asked[0] == asked[1]
