"""A reviewer's judgement of a status: who may, with a reason, and dated."""

from __future__ import annotations

import pytest

from habitat_tracker.accounts.models import Office, OfficeRole, User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError
from outcomes import scopes
from outcomes.actions import override_status
from outcomes.models import StatusOverride

from .ledger import Ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def person(role: str, office: Office) -> User:
    user = User.objects.create(email=f"{role}-{office.code}@example.org")
    OfficeRole.objects.create(user=user, office=office, role=role)
    return user


def judge(ledger: Ledger, by: User, **changes) -> str:
    """The code of the refusal; empty where the judgement was taken."""
    given = {
        "indicator": ledger.plan.indicators.first() or ledger.indicator(),
        "scope": scopes.of_office(ledger.africa.pk),
        "period": 1,
        "status": "delayed",
        "reason": "Two large projects report next week.",
        "by": by,
        **changes,
    }
    try:
        override_status(**given)
    except DomainError as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(
    ("role", "office", "code"),
    [
        ("reviewer", "africa", ""),
        ("reviewer", "hq", ""),
        ("reviewer", "asia", "not_allowed"),
        ("reader", "hq", "not_allowed"),
        ("reporter", "hq", "not_allowed"),
        ("manager", "hq", "not_allowed"),
        ("administrator", "hq", "not_allowed"),
    ],
)
def test_reviewers_judge_their_office(ledger: Ledger, role: str, office: str, code: str) -> None:
    assert judge(ledger, person(role, getattr(ledger, office))) == code


def test_the_whole_plan_is_judged_at_headquarters(ledger: Ledger) -> None:
    assert judge(ledger, person("reviewer", ledger.africa), scope=scopes.PLAN) == "not_allowed"
    assert judge(ledger, person("reviewer", ledger.hq), scope=scopes.PLAN) == ""


def test_a_judgement_needs_a_reason_and_a_status_that_exists(ledger: Ledger) -> None:
    reviewer = person("reviewer", ledger.hq)
    assert judge(ledger, reviewer, reason=" ") == "missing_reason"
    assert judge(ledger, reviewer, status="splendid") == "unknown_status"


def test_a_new_judgement_supersedes_and_none_takes_it_back(ledger: Ledger) -> None:
    reviewer = person("reviewer", ledger.hq)
    judge(ledger, reviewer)
    before = database_now()
    judge(ledger, reviewer, status="on_track")
    assert [row.status for row in StatusOverride.objects.at()] == ["on_track"]
    judge(ledger, reviewer, status=None)
    assert not StatusOverride.objects.at().exists()
    assert [row.status for row in StatusOverride.objects.at(before)] == ["delayed"]
