"""Who may set baselines, milestones and targets of which scope, and look after the figures."""

from __future__ import annotations

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.accounts.permissions import (
    has_role,
    has_role_anywhere,
    has_role_at_headquarters,
)

from . import scopes
from .choices import ScopeKind
from .models import ContributorRevision


def can_judge_status(user: User, scope: int) -> bool:
    """Reviewers of the scope's office, or of one above it, may judge a status otherwise."""
    return _holds(user, scope, Role.REVIEWER)


def can_set_values(user: User, scope: int) -> bool:
    """Managers set the baseline, milestones and target of what their office answers for.

    The whole plan: managers of headquarters. An office: its managers and those of offices
    above it. A country: those of its office and above; one reporting line: likewise of the
    office that it counts for.
    """
    return _holds(user, scope, Role.MANAGER)


def can_keep_strategy(user: User, office: Office) -> bool:
    """Managers of a regional office, and of headquarters, keep its strategy and priorities."""
    return has_role(user, office, Role.MANAGER)


def can_align_indicators(user: User) -> bool:
    """Managers and administrators of headquarters say which frameworks an indicator serves."""
    return has_role_at_headquarters(user, Role.MANAGER, Role.ADMINISTRATOR)


def can_keep_country(user: User, country: Country) -> bool:
    """Managers of the country's office and of those above it; of headquarters where it has none."""
    if country.office is None:
        return has_role_at_headquarters(user, Role.MANAGER)
    return has_role(user, country.office, Role.MANAGER)


def can_watch_figures(user: User) -> bool:
    """Managers and administrators of any office see how the engine is doing."""
    return has_role_anywhere(user, Role.MANAGER, Role.ADMINISTRATOR)


def can_rebuild_figures(user: User) -> bool:
    """Managers and administrators of headquarters have all figures computed again."""
    return has_role_at_headquarters(user, Role.MANAGER, Role.ADMINISTRATOR)


def _holds(user: User, scope: int, role: str) -> bool:
    """Whether somebody holds a role in the office that answers for a scope."""
    kind, number = scopes.split(scope)
    office = None
    if kind == ScopeKind.OFFICE:
        office = Office.objects.filter(pk=number).first()
    elif kind == ScopeKind.COUNTRY:
        country = Country.objects.select_related("office").filter(pk=number).first()
        office = country.office if country else None
    elif kind == ScopeKind.CONTRIBUTOR:
        revision = (
            ContributorRevision.objects.at()
            .select_related("office")
            .filter(contributor=number)
            .first()
        )
        office = revision.office if revision else None
    # The plan, and a country that belongs to no office, are looked after by headquarters.
    return has_role(user, office, role) if office else has_role_at_headquarters(user, role)
