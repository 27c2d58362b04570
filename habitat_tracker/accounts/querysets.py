"""Reads of offices, countries, roles and activity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from .choices import AUDITORS, REGIONAL_KINDS

if TYPE_CHECKING:
    from .models import Office, User


class OfficeQuerySet(models.QuerySet[Any]):
    """Reads of the tree of offices."""

    def visible_to(self, user: User) -> Self:
        """All staff see every office; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def regions(self) -> Self:
        """Regional offices and arrangements, in the order of the tree."""
        return self.filter(kind__in=REGIONAL_KINDS).order_by("path")

    def below(self, offices: list[Office]) -> Self:
        """The offices given and all below them."""
        within = Q(pk__in=[])
        for office in offices:
            within |= Q(path__startswith=office.path)
        return self.filter(within)

    def of(self, user: User, *roles: str) -> Self:
        """The offices, with all below, where somebody holds one of the roles (or any role)."""
        if user.is_superuser:
            return self
        held = user.office_roles.select_related("office")
        if roles:
            held = held.filter(role__in=roles)
        return self.below([role.office for role in held])


class CountryQuerySet(models.QuerySet[Any]):
    """Reads of countries."""

    def visible_to(self, user: User) -> Self:
        """All staff see every country; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()


class OfficeRoleQuerySet(models.QuerySet[Any]):
    """Reads of roles."""

    def visible_to(self, user: User) -> Self:
        """All staff may see who holds which role; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()


class ActivityQuerySet(models.QuerySet[Any]):
    """Reads of the record of what was done."""

    def about(self, target: models.Model) -> Self:
        """What was done to one thing, the newest first."""
        return self.filter(target_type=target._meta.label_lower, target_id=str(target.pk))

    def visible_to(self, user: User) -> Self:
        """Managers and administrators: what concerns their offices and those below.

        Those of headquarters see everything, also what belongs to no other office.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        held = user.office_roles.filter(role__in=AUDITORS)
        within = Q(pk__in=[])
        for path, parent in held.values_list("office__path", "office__parent"):
            if parent is None:
                return self
            within |= Q(office_path__startswith=path)
        return self.filter(within)
