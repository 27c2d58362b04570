"""Who may do something: every role, inside and outside an office's subtree, and nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Office
from habitat_tracker.errors import NotAllowed
from tests import factories

ANONYMOUS = "anonymous"


def places() -> dict[str, Office]:
    """Where a role can be held, seen from the regional office for Africa."""
    return {
        "above": factories.headquarters(),
        "inside": factories.office("ROAF"),
        "outside": factories.office("ROAP"),
    }


class _Undo(Exception):
    """Takes back what was tried."""


def who_may(act: Callable[[Any], Any]) -> set[str]:
    """`role place` of everybody whom an act does not refuse; what was tried is taken back."""
    people: dict[str, Any] = {ANONYMOUS: AnonymousUser()}
    for place, office in places().items():
        for role in Role.values:
            people[f"{role} {place}"] = factories.user(f"{role} {place}", role, office)
    return tried_by(people, act)


def tried_by(people: dict[str, Any], act: Callable[[Any], Any]) -> set[str]:
    """Those of the people whom an act does not refuse; what was tried is taken back."""
    allowed = set()
    for name, person in people.items():
        try:
            with transaction.atomic():
                act(person)
                raise _Undo
        except _Undo:
            allowed.add(name)
        except NotAllowed:
            pass
    return allowed


def both(role: str) -> set[str]:
    """Those who hold a role in the office or above it."""
    return {f"{role} inside", f"{role} above"}
