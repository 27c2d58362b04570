"""Agreements with partners: what was signed, by which office, how far and how long it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot
from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    VersionConflict,
    too_long,
)
from plans.models import StrategicPlan
from projects.choices import AgreementKind, AgreementScope
from projects.models import Agreement, AgreementRevision, Partner
from projects.permissions import can_add_agreement, can_change_agreement

from .projects import over_before_plan

LONGEST_TITLE = 300
LONGEST_REFERENCE = 60
LONGEST_NOTE = 5_000


@dataclass(frozen=True)
class AgreementInput:
    """What somebody entered of an agreement, as they wrote it."""

    title: str
    kind: str
    scope: str
    office: Office | None
    signed: date | None
    start: date | None
    end: date | None = None
    countries: tuple[Country, ...] = ()
    reference: str = ""
    note: str = ""


@transaction.atomic
def save_agreement(
    *,
    partner: Partner,
    entered: AgreementInput,
    by: User | None,
    agreement: Agreement | None = None,
    version: int | None = None,
    reason: str = "",
) -> Agreement:
    """Add an agreement with a partner, or change one; a renewal is added as a new one.

    `by` empty is the system itself (loading files). Raises `not_allowed`, `version_conflict`,
    `already_withdrawn`, and with every field's problem `missing_title`, `too_long`,
    `unknown_kind`, `unknown_scope`, `missing_office`, `missing_date`, `date_in_future` (of the
    signature), `agreement_ends_before_it_begins`, `dates_before_plan` (it is over before the plan
    begins), `missing_countries` (one that reaches countries), `countries_of_global_agreement`,
    `country_outside_office`.
    """
    held = _held(agreement, by, version) if agreement else None
    values, countries = _checked(entered, partner.plan)
    if by is not None and not can_add_agreement(by, values["office"]):
        raise NotAllowed(_("Only reporters and managers of an office may add its agreements."))
    row = held or Agreement(partner=partner, entered_by=by, version=0)
    earlier = snapshot([held], many=("countries",))
    counted_before = _counted(row)
    for field, value in values.items():
        setattr(row, field, value)
    is_listed_anew = held is not None and set(held.countries.all()) != set(countries)
    if held is not None and not is_listed_anew and not earlier.told([row])[row]:
        return row
    row.version += 1
    row.changed_at, row.changed_by = timezone.now(), by
    row.save()
    row.countries.set(countries)
    if _counted(row) != counted_before:
        _keep_revision(row, by, reason)
    told = earlier.told([row])
    if held is None and countries:
        told[row]["countries"] = [None, sorted(one.iso3 for one in countries)]
    record_activity(
        by=by,
        verb="changed" if held else "added",
        targets=[row],
        reason=reason,
        changes=told,
    )
    return row


@transaction.atomic
def withdraw_agreement(
    *, agreement: Agreement, reason: str, by: User, version: int | None = None
) -> Agreement:
    """Take out an agreement that was entered by mistake; it is kept and counts nowhere from now.

    Raises `missing_reason`, `already_withdrawn`, `version_conflict` and `not_allowed`.
    """
    held = _held(agreement, by, version)
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why it is withdrawn."))
    earlier = snapshot([held])
    held.withdrawn_at, held.withdrawal_reason = timezone.now(), reason.strip()
    held.version += 1
    held.changed_at, held.changed_by = timezone.now(), by
    held.save()
    AgreementRevision.objects.at().filter(agreement=held).update(
        superseded_at=database_now(), superseded_by=by
    )
    record_activity(
        by=by,
        verb="withdrawn",
        targets=[held],
        reason=held.withdrawal_reason,
        changes=earlier.told([held]),
    )
    return held


def _held(agreement: Agreement, by: User | None, version: int | None) -> Agreement:
    """An agreement as it is now, locked; refused where it was withdrawn or changed meanwhile."""
    held: Agreement = (
        Agreement.objects.select_for_update(of=("self",))
        .select_related("partner", "office", "changed_by")
        .get(pk=agreement.pk)
    )
    if by is not None and not can_change_agreement(by, held):
        raise NotAllowed(_("Only a manager of the agreement's office may change it."))
    if held.withdrawn_at is not None:
        raise DomainError(
            _("“%(title)s” was withdrawn; add it again if it was signed.") % {"title": held},
            "already_withdrawn",
        )
    if version is not None and version != held.version:
        raise VersionConflict(
            _("%(who)s changed this agreement meanwhile; look at it again.")
            % {"who": held.changed_by or _("Somebody")}
        )
    return held


def _counted(agreement: Agreement) -> dict[str, Any]:
    """What its revisions keep of an agreement."""
    names = ("office_id", "signed", "start", "end")
    return {name: getattr(agreement, name) for name in names}


def _keep_revision(agreement: Agreement, by: User | None, reason: str) -> None:
    """From now on it counts as it is entered; what was counted before stays."""
    now = database_now()
    AgreementRevision.objects.at().filter(agreement=agreement).update(
        superseded_at=now, superseded_by=by
    )
    AgreementRevision.objects.create(
        agreement=agreement,
        recorded_at=now,
        recorded_by=by,
        reason=reason,
        **_counted(agreement),
    )


def _checked(entered: AgreementInput, plan: StrategicPlan) -> tuple[dict[str, Any], list[Country]]:
    """The fields as they are stored, and the countries; every problem is told at once."""
    problems: list[Problem] = []

    def refuse(field: str, code: str, message: str) -> None:
        problems.append(Problem(field, code, message))

    title, reference = " ".join(entered.title.split()), " ".join(entered.reference.split())
    if not title:
        refuse("title", "missing_title", _("Give its title."))
    elif len(title) > LONGEST_TITLE:
        refuse("title", "too_long", _("A title has 300 characters at most."))
    if len(reference) > LONGEST_REFERENCE:
        text = _("A reference has %(most)s characters at most.") % {"most": LONGEST_REFERENCE}
        refuse("reference", "too_long", text)
    if len(entered.note) > LONGEST_NOTE:
        problems.append(too_long("note", LONGEST_NOTE))
    if entered.kind not in AgreementKind.values:
        text = _("There is no such kind of agreement.") if entered.kind else _("Choose the kind.")
        refuse("kind", "unknown_kind", text)
    if entered.office is None:
        refuse("office", "missing_office", _("Say which office signed it."))
    _check_dates(entered, plan, problems)
    countries = list(dict.fromkeys(entered.countries))
    _check_reach(entered, countries, problems)
    if problems:
        raise InvalidInput(problems)
    values = {
        "title": title,
        "reference": reference,
        "kind": entered.kind,
        "scope": entered.scope,
        "office": entered.office,
        "signed": entered.signed,
        "start": entered.start,
        "end": entered.end,
        "note": entered.note.strip(),
    }
    return values, countries


def _check_dates(entered: AgreementInput, plan: StrategicPlan, problems: list[Problem]) -> None:
    """It was signed on a day that has come, begins before it ends, and holds within the plan."""
    if entered.signed is None:
        text = _("Say on which day it was signed.")
        problems.append(Problem("signed", "missing_date", text))
    elif entered.signed > timezone.localdate():
        text = _("This day is yet to come; add an agreement when it is signed.")
        problems.append(Problem("signed", "date_in_future", text))
    if entered.start is None:
        text = _("Say from which day it holds.")
        problems.append(Problem("start", "missing_date", text))
    elif entered.end is not None and entered.end < entered.start:
        text = _("It would end before it begins.")
        problems.append(Problem("end", "agreement_ends_before_it_begins", text))
    else:
        problems += over_before_plan(plan, "end", entered.end)


def _check_reach(
    entered: AgreementInput, countries: Iterable[Country], problems: list[Problem]
) -> None:
    """Countries are named where it reaches some, and lie in what the office looks after."""
    listed = list(countries)
    if entered.scope not in AgreementScope.values:
        text = _("Say whether it is global, regional or for countries.")
        problems.append(Problem("scope", "unknown_scope", text))
    elif entered.scope == AgreementScope.COUNTRY and not listed:
        text = _("Say in which countries it holds.")
        problems.append(Problem("countries", "missing_countries", text))
    elif entered.scope == AgreementScope.GLOBAL and listed:
        text = _("A global agreement names no countries.")
        problems.append(Problem("countries", "countries_of_global_agreement", text))
    if entered.office is None:
        return
    outside = [one for one in listed if not _is_within(one, entered.office)]
    if outside:
        text = _("%(office)s does not work in %(countries)s.") % {
            "office": entered.office,
            "countries": ", ".join(sorted(map(str, outside))),
        }
        problems.append(Problem("countries", "country_outside_office", text))


def _is_within(country: Country, office: Office) -> bool:
    """Whether an office, the one above it, or one below it looks after a country."""
    if office.parent_id is None:
        return True
    path = country.office.path if country.office else ""
    return bool(path) and (path.startswith(office.path) or office.path.startswith(path))
