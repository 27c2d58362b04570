"""Who may do what where: predicates on a person, a role and an office.

A role in an office holds in every office below it.
"""

from __future__ import annotations

from .choices import AUDITORS, Role
from .models import Office, User


def roles_of(user: User) -> list[tuple[str, str]]:
    """The (role, office path) pairs of a person, read once per request."""
    if not hasattr(user, "_office_roles"):
        user._office_roles = (  # type: ignore[attr-defined]
            list(user.office_roles.values_list("role", "office__path"))
            if user.is_authenticated
            else []
        )
    return user._office_roles  # type: ignore[attr-defined]


def has_role(user: User, office: Office, *roles: str) -> bool:
    """Whether somebody holds one of the roles in the office or in any office above it."""
    if not user.is_authenticated or not user.is_active:
        return False
    if user.is_superuser:
        return True
    return any(role in roles and office.path.startswith(path) for role, path in roles_of(user))


def has_role_anywhere(user: User, *roles: str) -> bool:
    """Whether somebody holds one of the roles in any office at all."""
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_superuser or any(role in roles for role, _path in roles_of(user))


def has_role_at_headquarters(user: User, *roles: str) -> bool:
    """Whether somebody holds one of the roles at headquarters, the one root of the tree (`/1/`)."""
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_superuser or any(
        role in roles and path.count("/") == 2 for role, path in roles_of(user)
    )


def can_manage_people(user: User, office: Office) -> bool:
    """Administrators grant and take roles in their office and below."""
    return has_role(user, office, Role.ADMINISTRATOR)


def can_manage_plan(user: User) -> bool:
    """Managers of headquarters set periods, and targets of the whole plan."""
    return has_role_at_headquarters(user, Role.MANAGER)


def can_audit(user: User) -> bool:
    """Managers and administrators of any office read what was done in it and below."""
    return has_role_anywhere(user, *AUDITORS)
