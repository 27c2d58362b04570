"""Writes on people and offices, and the record of every act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models, transaction
from django.utils.translation import gettext as _

from ..errors import DomainError, NotAllowed
from .changes import difference, snapshot
from .choices import Role
from .models import ActivityEntry, Office, OfficeRole, User
from .permissions import can_manage_people


def record_activity(
    *,
    by: User | None,
    verb: str,
    targets: Sequence[models.Model],
    reason: str | Sequence[str] = "",
    changes: Mapping[Any, Any] | None = None,
    office: Office | None = None,
    **details: Any,
) -> None:
    """Write down one act for each of its targets; called inside the transaction of the act.

    `reason` is that of all targets, or of each in their order. `changes` (see `accounts.changes`)
    says which fields changed from what to what: the same for all targets, or by target.
    `office` is where the act belongs, if the target itself does not tell.
    """
    reasons = [reason] * len(targets) if isinstance(reason, str) else reason
    told = changes or {}
    by_target = any(isinstance(key, models.Model) for key in told)
    ActivityEntry.objects.bulk_create(
        ActivityEntry(
            actor=by,
            verb=verb,
            target_type=target._meta.label_lower,
            target_id=str(target.pk),
            target_label=str(target)[:300],
            office_path=getattr(office or getattr(target, "home_office", None), "path", ""),
            reason=why,
            details=details,
            changes=told.get(target, {}) if by_target else told,
        )
        for target, why in zip(targets, reasons, strict=True)
    )


@transaction.atomic
def create_office(
    *,
    code: str,
    name: dict[str, str],
    kind: str,
    parent: Office | None,
    by: User | None = None,
    reason: str = "",
    **fields: Any,
) -> Office:
    """Add an office to the tree."""
    office = Office.objects.create(
        code=code, name=name, kind=kind, parent=parent, path="", **fields
    )
    office.path = f"{parent.path if parent else '/'}{office.pk}/"
    office.save(update_fields=["path"])
    record_activity(
        by=by, verb="added", targets=[office], reason=reason, changes=difference(None, office)
    )
    return office


@transaction.atomic
def grant_role(*, user: User, office: Office, role: str, by: User | None) -> OfficeRole:
    """Give somebody a role in an office; giving it again changes nothing.

    `by` empty is the system itself (loading files).
    """
    if by is not None and not can_manage_people(by, office):
        raise NotAllowed(_("Only an administrator of this office or one above it may give roles."))
    if role not in Role.values:
        raise DomainError(_("There is no such role."), "unknown_role")
    held, created = OfficeRole.objects.get_or_create(
        user=user, office=office, role=role, defaults={"granted_by": by}
    )
    if created:
        record_activity(
            by=by,
            verb="granted",
            targets=[user],
            office=office,
            changes={f"roles.{office.code}.{role}": [None, "yes"]},
        )
    return held


@transaction.atomic
def revoke_role(*, held: OfficeRole, by: User, reason: str = "") -> None:
    """Take a role away; nobody can take their own last administrator role."""
    if not can_manage_people(by, held.office):
        raise NotAllowed(_("Only an administrator of this office or one above it may take roles."))
    if held.user_id == by.pk and held.role == Role.ADMINISTRATOR:
        raise DomainError(
            _("You cannot take your own administrator role; ask another administrator."),
            "own_administrator_role",
        )
    record_activity(
        by=by,
        verb="revoked",
        targets=[held.user],
        reason=reason,
        office=held.office,
        changes={f"roles.{held.office.code}.{held.role}": ["yes", None]},
    )
    held.delete()


@transaction.atomic
def invite_person(*, email: str, name: str, office: Office, role: str, by: User) -> User:
    """Make an account for a colleague and give it its first role; an existing account is kept."""
    if not can_manage_people(by, office):
        raise NotAllowed(_("Only an administrator of this office or one above it may add people."))
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user, made = User.objects.get_or_create(
            email=User.objects.normalize_email(email),
            defaults={"name": name, "password": make_password(None)},
        )
        if made:
            record_activity(
                by=by,
                verb="invited",
                targets=[user],
                office=office,
                changes=difference(None, user),
            )
    grant_role(user=user, office=office, role=role, by=by)
    return user


@transaction.atomic
def save_profile(*, user: User, name: str, language: str, digest: bool) -> User:
    """Change one's own name and language, and whether the daily e-mail comes.

    What is the same changes nothing.
    """
    held = User.objects.select_for_update().get(pk=user.pk)
    before = snapshot([held])
    held.name, held.language, held.digest = name.strip(), language, digest
    told = before.told([held])
    if told[held]:
        held.save(update_fields=["name", "language", "digest"])
        record_activity(by=held, verb="changed", targets=[held], changes=told)
    user.name, user.language, user.digest = held.name, held.language, held.digest
    return user


def record_own_act(*, user: User, verb: str) -> None:
    """Write down what somebody did to their own account where nothing may be told: a new
    password, a token made or taken back.
    """
    record_activity(by=user, verb=verb, targets=[user])
