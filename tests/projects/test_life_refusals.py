"""What a project's life refuses: by action, page and API with one code, and nothing half saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Office, User
from habitat_tracker.errors import InvalidInput
from outcomes.models import Indicator, Outcome
from plans.models import PlanRevision, StrategicPlan, Theme
from projects import actions
from projects.choices import Decision
from projects.models import (
    Appraisal,
    BudgetLine,
    ExchangeRate,
    Partner,
    Project,
    ProjectDocument,
    ProjectIndicator,
)
from tests import factories
from tests.factories import life

pytestmark = pytest.mark.django_db

MONTH = date(2020, 2, 1)
CITY = {"name": "City of Nairobi", "kind": "local_government", "what": "Builds the crossings"}
UNION = {"name": "Union of traders", "kind": "civil_society", "what": "Speaks for them"}
EUROS = {"year": "2021", "currency": "EUR", "amount": "900", "month": "2020-02"}


@pytest.fixture
def desk() -> tuple[StrategicPlan, Office]:
    plan, office = life.desk()
    ExchangeRate.objects.create(currency="EUR", month=MONTH, rate=Decimal("0.9"))
    return plan, office


@pytest.fixture
def rita(desk) -> User:
    return factories.user("Rita", Role.REPORTER, desk[1])


@pytest.fixture
def mona(desk) -> User:
    return factories.user("Mona", Role.MANAGER, desk[1])


@pytest.fixture
def appraisal(desk, rita) -> Appraisal:
    """A proposal with an amount in another currency and two partners, submitted."""
    budget = [*life.CONTENT["budget"], EUROS]
    sections = {"budget": budget, "partners": [CITY, UNION]}
    return actions.submit_document(document=life.proposal(*desk, rita, **sections), by=rita)


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def told(refusal: Any) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in refusal.value.problems]


# --- What was complete when it was submitted and is not any more ------------------------------


def merge_partners() -> None:
    """The two partners of the proposal turn out to be one, whether registered yet or not."""
    plan = StrategicPlan.objects.get()
    held = {
        one["name"]: Partner.objects.filter(name=one["name"]).first()
        or actions.save_partner(
            plan=plan, entered=actions.PartnerInput(one["name"], one["kind"]), by=None
        )
        for one in (CITY, UNION)
    }
    actions.merge_partners(
        partner=held[UNION["name"]],
        into=held[CITY["name"]],
        by=factories.user("Chief", Role.MANAGER),
        reason="One and the same",
    )


CHANGES: dict[str, tuple[Callable[[], object], tuple[str, str]]] = {
    "an outcome is taken out of the plan": (
        lambda: Outcome.objects.filter(code="3.1").delete(),
        ("outcomes.outcomes", "unknown_outcome"),
    ),
    "an indicator is taken out of the plan": (
        lambda: Indicator.objects.filter(code="STREETS").delete(),
        ("logframe.indicator", "unknown_indicator"),
    ),
    "an indicator becomes a headline": (
        lambda: Indicator.objects.update(is_headline=True),
        ("logframe.indicator", "headline_takes_no_results"),
    ),
    "a driver is no longer one": (
        lambda: Theme.objects.filter(code="DRV-LEG").update(code="DRV-OLD"),
        ("about.named.DRV-LEG", "unknown_theme"),
    ),
    "the plan begins later": (
        lambda: PlanRevision.objects.update(start=date(2020, 6, 1)),
        ("basics.start", "dates_before_plan"),
    ),
    "a rate of exchange is removed": (
        lambda: ExchangeRate.objects.all().delete(),
        ("budget.currency", "no_exchange_rate"),
    ),
    "two partners are merged": (merge_partners, ("partners.name", "duplicate_row")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_no_longer_complete_is_not_approved(desk, appraisal, change) -> None:
    happens, problem = CHANGES[change]
    head, under = life.person_with_authority(*desk)
    happens()
    with pytest.raises(InvalidInput) as refusal:
        life.decided(appraisal, head, under)
    assert told(refusal) == [problem]
    assert (fresh(appraisal).decision, fresh(appraisal.document).status) == ("", "submitted")
    assert not BudgetLine.objects.exists() and not ProjectDocument.objects.approved().exists()


def test_what_is_no_longer_complete_is_returned_or_rejected_all_the_same(desk, appraisal) -> None:
    head, under = life.person_with_authority(*desk)
    ExchangeRate.objects.all().delete()
    life.decided(appraisal, head, under, Decision.RETURNED, reason="Take another rate")
    assert fresh(appraisal.document).status == "returned"


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_no_longer_complete_does_not_begin(desk, mona, appraisal, change) -> None:
    happens, problem = CHANGES[change]
    head, under = life.person_with_authority(*desk)
    life.decided(appraisal, head, under)
    happens()
    project = appraisal.document.project
    with pytest.raises(InvalidInput) as refusal:
        actions.start_project(project=project, by=mona)
    assert told(refusal) == [problem]
    assert fresh(project).status == "approved" and not ProjectIndicator.objects.exists()


def test_a_revision_brings_up_to_date_what_could_not_begin(desk, rita, mona, appraisal) -> None:
    head, under = life.person_with_authority(*desk)
    life.decided(appraisal, head, under)
    merge_partners()
    project = appraisal.document.project
    document = actions.begin_revision(project=project, by=rita, reason="Two partners are one")
    life.decided(actions.submit_document(document=document, by=rita), head, under)
    assert actions.start_project(project=project, by=mona).status == "active"


def test_a_partner_that_is_another_one_stays_another_one(desk, rita) -> None:
    actions.save_partner(
        plan=desk[0], entered=actions.PartnerInput("City of Nairobbi", "local_government"), by=None
    )
    document = life.proposal(*desk, rita, partners=[CITY | {"is_another": True}])
    appraisal = actions.submit_document(document=document, by=rita)
    head, under = life.person_with_authority(*desk)
    life.decided(appraisal, head, under)
    assert Partner.objects.count() == 2


def test_the_pages_say_in_which_section_something_has_changed(
    desk, client, mona, appraisal
) -> None:
    head, under = life.person_with_authority(*desk)
    client.force_login(head)
    Outcome.objects.filter(code="3.1").delete()
    at = f"/plans/SP/appraisals/{appraisal.pk}/"
    sent = {"act": "decide", "decision": "approved", "delegation": under.pk}
    rows = {"conditions-TOTAL_FORMS": "0", "conditions-INITIAL_FORMS": "0"}
    answer = client.post(at, sent | rows)
    assert answer.status_code == 400
    assert "Outcomes: “3.1” is not an outcome of the plan." in answer.content.decode()
    factories.outcome(desk[0], "3.1")
    life.decided(appraisal, head, under)
    Outcome.objects.filter(code="3.1").delete()
    client.force_login(mona)
    answer = client.post("/plans/SP/projects/P1/life/", {"act": "start"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Outcomes: “3.1” is not an outcome of the plan." in page
    assert "a revision brings it up to date" in page
    assert Project.objects.get().status == "approved"
