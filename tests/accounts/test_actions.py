"""People and their roles: who gives them, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from habitat_tracker.accounts import actions
from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, OfficeRole, User
from habitat_tracker.errors import DomainError
from tests import factories
from tests.roles import both, who_may

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(db: None) -> User:
    return factories.user("Colleague", Role.READER, factories.office("ROAF"))


ACTS: dict[str, Callable[[User, Any], Any]] = {
    "grant": lambda user, by: actions.grant_role(
        user=user, office=factories.office("ROAF"), role=Role.REPORTER, by=by
    ),
    "revoke": lambda user, by: actions.revoke_role(held=OfficeRole.objects.get(user=user), by=by),
    "invite": lambda user, by: actions.invite_person(
        email="new@example.org", name="N", office=factories.office("ROAF"), role="reader", by=by
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_administrators_of_an_office_and_above_give_and_take_roles(
    colleague: User, act: str
) -> None:
    assert who_may(lambda by: ACTS[act](colleague, by)) == both("administrator")


def test_nobody_takes_their_own_administrator_role() -> None:
    boss = factories.user("Boss", Role.ADMINISTRATOR)
    with pytest.raises(DomainError) as refusal:
        actions.revoke_role(held=OfficeRole.objects.get(user=boss), by=boss)
    assert refusal.value.code == "own_administrator_role"


def test_an_unknown_role_is_refused(colleague: User) -> None:
    boss = factories.user("Boss", Role.ADMINISTRATOR)
    with pytest.raises(DomainError) as refusal:
        actions.grant_role(user=colleague, office=factories.office(), role="king", by=boss)
    assert refusal.value.code == "unknown_role"


def test_an_invited_person_has_an_account_once_and_cannot_sign_in_yet() -> None:
    boss = factories.user("Boss", Role.ADMINISTRATOR)
    office = factories.office()
    invite = {"office": office, "by": boss, "name": "Ann"}
    first = actions.invite_person(email="Ann@Example.org", role=Role.READER, **invite)
    again = actions.invite_person(email="ann@example.ORG", role=Role.REPORTER, **invite)
    assert (first, first.has_usable_password()) == (again, False)
    assert sorted(first.office_roles.values_list("role", flat=True)) == ["reader", "reporter"]
    verbs = ActivityEntry.objects.about(first).values_list("verb", flat=True)
    assert sorted(verbs) == ["granted", "granted", "invited"]
