"""What partners contribute to projects: in which role, what, how much, from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    VersionConflict,
    too_long,
)
from habitat_tracker.fields import parse_decimal
from projects.choices import ContributionRole
from projects.models import Partner, PartnerContribution, Project
from projects.permissions import can_keep_contributions

from .exchange import CENT, in_dollars
from .projects import over_before_plan

LONGEST_TEXT = 500


@dataclass(frozen=True)
class ContributionInput:
    """What somebody entered of a contribution, as they wrote it."""

    partner: Partner | None
    role: str
    what: str
    start: date | None
    end: date | None = None
    amount: object | None = None
    currency: str = ""


@transaction.atomic
def save_contribution(
    *,
    project: Project,
    entered: ContributionInput,
    by: User | None,
    contribution: PartnerContribution | None = None,
    version: int | None = None,
    reason: str = "",
) -> PartnerContribution:
    """Say what a partner contributes to a project, or change it.

    An amount is converted at the rate of the month of its first day and keeps that rate, until
    amount, currency or month are changed. `by` empty is the system itself. Raises `not_allowed`,
    `version_conflict`, `already_withdrawn`, and with every field's problem `missing_partner`,
    `unknown_partner`, `unknown_role`, `missing_text`, `too_long`, `missing_date`,
    `dates_reversed`, `dates_before_plan` (it is over before the plan begins),
    `amount_not_above_zero`, `missing_currency`, `currency_without_amount`,
    `unknown_currency`, `no_exchange_rate` and those of numbers.
    """
    _check_may(by, project)
    held = _held(contribution, version) if contribution else None
    values = _checked(project, entered, held)
    row = held or PartnerContribution(project=project, entered_by=by, version=0)
    earlier = snapshot([held])
    for field, value in values.items():
        setattr(row, field, value)
    if held is not None and not earlier.told([row])[row]:
        return row
    row.version += 1
    row.changed_at, row.changed_by = timezone.now(), by
    row.save()
    record_activity(
        by=by,
        verb="changed" if held else "added",
        targets=[row],
        reason=reason,
        changes=earlier.told([row]),
    )
    return row


@transaction.atomic
def withdraw_contribution(
    *, contribution: PartnerContribution, reason: str, by: User, version: int | None = None
) -> PartnerContribution:
    """Take out a contribution that was entered by mistake; it is kept, and counts nowhere.

    Raises `missing_reason`, `already_withdrawn`, `version_conflict` and `not_allowed`.
    """
    _check_may(by, contribution.project)
    held = _held(contribution, version)
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why it is withdrawn."))
    earlier = snapshot([held])
    held.withdrawn_at, held.withdrawal_reason = timezone.now(), reason.strip()
    held.version += 1
    held.changed_at, held.changed_by = timezone.now(), by
    held.save()
    record_activity(
        by=by,
        verb="withdrawn",
        targets=[held],
        reason=held.withdrawal_reason,
        changes=earlier.told([held]),
    )
    return held


def _check_may(by: User | None, project: Project) -> None:
    if by is not None and not can_keep_contributions(by, project):
        raise NotAllowed(
            _("Only reporters and managers of the project's office say what partners contribute.")
        )


def _held(contribution: PartnerContribution, version: int | None) -> PartnerContribution:
    """A contribution as it is now, locked; refused where it was withdrawn or changed meanwhile."""
    held: PartnerContribution = (
        PartnerContribution.objects.select_for_update(of=("self",))
        .select_related("partner__merged_into", "project__office", "changed_by")
        .get(pk=contribution.pk)
    )
    if held.withdrawn_at is not None:
        raise DomainError(
            _("This contribution was withdrawn; add it again if it was made."),
            "already_withdrawn",
        )
    if version is not None and version != held.version:
        raise VersionConflict(
            _("%(who)s changed this contribution meanwhile; look at it again.")
            % {"who": held.changed_by or _("Somebody")}
        )
    return held


def _checked(
    project: Project, entered: ContributionInput, held: PartnerContribution | None
) -> dict[str, Any]:
    """The fields as they are stored; every problem is told at once."""
    problems: list[Problem] = []

    def refuse(field: str, code: str, message: str) -> None:
        problems.append(Problem(field, code, message))

    partner, what = entered.partner, " ".join(entered.what.split())
    if partner is None:
        refuse("partner", "missing_partner", _("Say which partner it is."))
    elif partner.plan_id != project.plan_id:
        refuse("partner", "unknown_partner", _("There is no such partner in this plan."))
    if entered.role not in ContributionRole.values:
        refuse("role", "unknown_role", _("There is no such role in a project."))
    if not what:
        refuse("what", "missing_text", _("Say what it contributes."))
    elif len(what) > LONGEST_TEXT:
        problems.append(too_long("what", LONGEST_TEXT))
    if entered.start is None:
        refuse("start", "missing_date", _("Say from which day it contributes."))
    elif entered.end is not None and entered.end < entered.start:
        refuse("end", "dates_reversed", _("It would end before it begins."))
    elif held is None or held.end != entered.end:
        problems += over_before_plan(project.plan, "end", entered.end)
    money = _money(entered, held, problems)
    if problems:
        raise InvalidInput(problems)
    return {
        "partner": partner,
        "role": entered.role,
        "what": what,
        "start": entered.start,
        "end": entered.end,
        **money,
    }


def _money(
    entered: ContributionInput, held: PartnerContribution | None, problems: list[Problem]
) -> dict[str, Any]:
    """The amount with what it is in dollars, and the rate that this rests on."""
    none = dict.fromkeys(("amount", "usd", "rate", "rate_month")) | {"currency": ""}
    written = "" if entered.amount is None else str(entered.amount).strip()
    currency = entered.currency.strip().upper()
    if not written:
        if currency:
            text = _("Give the amount, or leave the currency out.")
            problems.append(Problem("amount", "currency_without_amount", text))
        return none
    amount = _amount(written, problems)
    if not currency:
        text = _("Say in which currency the amount is.")
        problems.append(Problem("currency", "missing_currency", text))
    if amount is None or not currency or entered.start is None:
        return none
    given = {"amount": amount, "currency": currency}
    month = entered.start.replace(day=1)
    if held is not None and (held.amount, held.currency, held.rate_month) == (
        amount,
        currency,
        month,
    ):
        return given | {"usd": held.usd, "rate": held.rate, "rate_month": held.rate_month}
    try:
        found = in_dollars(amount=amount, currency=currency, on=entered.start)
    except InvalidInput as error:
        problems += error.problems
        return none
    return given | {"usd": found.usd, "rate": found.rate, "rate_month": found.month}


def _amount(written: str, problems: list[Problem]) -> Decimal | None:
    """An amount above zero, to the cent."""
    try:
        amount = parse_decimal(written, "amount")
    except InvalidInput as error:
        problems += error.problems
        return None
    if amount <= 0:
        text = _("An amount is above zero; leave it out where it is not known.")
        problems.append(Problem("amount", "amount_not_above_zero", text))
        return None
    if amount != amount.quantize(CENT):
        text = _("An amount has two decimals at most.")
        problems.append(Problem("amount", "too_many_decimals", text))
        return None
    return amount
