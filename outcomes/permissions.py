"""Who may set baselines, milestones and targets of which scope."""

from __future__ import annotations

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.accounts.permissions import can_manage_plan, has_role

from . import scopes
from .choices import ScopeKind
from .models import ContributorRevision


def can_set_values(user: User, scope: int) -> bool:
    """Managers set the baseline, milestones and target of what their office answers for.

    The whole plan: managers of headquarters. An office: its managers and those of offices
    above it. A country: those of its office and above; one reporting line: likewise of the
    office that it counts for.
    """
    kind, number = scopes.split(scope)
    if kind == ScopeKind.PLAN:
        return can_manage_plan(user)
    if kind == ScopeKind.OFFICE:
        office = Office.objects.filter(pk=number).first()
    elif kind == ScopeKind.COUNTRY:
        country = Country.objects.select_related("office").filter(pk=number).first()
        office = country.office if country else None
    else:
        revision = (
            ContributorRevision.objects.at()
            .select_related("office")
            .filter(contributor=number)
            .first()
        )
        office = revision.office if revision else None
    if office is None:  # a country that belongs to no office is looked after by headquarters
        return can_manage_plan(user)
    return has_role(user, office, Role.MANAGER)
