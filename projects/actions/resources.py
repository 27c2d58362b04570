"""The core budget of a plan by year, and outcomes that are put off for want of funds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes, text_of
from habitat_tracker.accounts.models import User
from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.clock import database_now
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    check_version,
    too_long,
)
from habitat_tracker.fields import parse_decimal
from habitat_tracker.wording import said_day
from outcomes.models import Outcome
from plans.models import StrategicPlan
from projects.models import CoreBudget, Deferral

from .transactions import LONGEST_TEXT, dates_of

HUNDRED = Decimal(100)
LONGEST_SOURCE = 300
TOLD = ("approved", "received", "risk_below", "source", "note")


@dataclass(frozen=True)
class CoreBudgetInput:
    """The core budget of a year as somebody wrote it: US dollars, a share in percent.

    `received` and `risk_below` are empty where they are not known or not set.
    """

    year: int
    approved: str
    received: str = ""
    risk_below: str = ""
    source: str = ""
    note: str = ""


@transaction.atomic
def set_core_budget(
    *,
    plan: StrategicPlan,
    entered: CoreBudgetInput,
    by: User | None,
    seen: int | None = None,
    reason: str = "",
) -> CoreBudget:
    """Set the core budget of a year; what was set before is superseded.

    `by` empty is the system itself, `seen` the key of the revision that somebody saw (0: none).
    Raises `not_allowed`, `version_conflict`, and with every field's problem `year_outside_plan`,
    `negative_amount`, `zero_amount`, `share_out_of_range`, `missing_source`, `too_long` and those
    of numbers.
    """
    if by is not None and not can_manage_plan(by):
        raise NotAllowed(_("Only a manager at headquarters may set the core budget."))
    plan = StrategicPlan.objects.select_for_update().get(pk=plan.pk)
    row = _checked(plan, entered)
    held = CoreBudget.objects.at().filter(plan=plan, year=row.year).first()
    check_version(seen, held.pk if held else 0)
    changes: Changes = {}
    for name in TOLD:
        pair = [text_of(getattr(held, name, None)), text_of(getattr(row, name))]
        if pair[0] != pair[1]:
            changes[f"core_budget.{row.year} {name}"] = pair
    if held is not None and not changes:
        return held
    row.recorded_at, row.recorded_by, row.reason = database_now(), by, reason.strip()
    if held is not None:
        held.superseded_at, held.superseded_by = row.recorded_at, by
        held.save(update_fields=["superseded_at", "superseded_by"])
    row.save()
    record_activity(
        by=by, verb="set core budget", targets=[plan], reason=row.reason, changes=changes
    )
    return row


def _checked(plan: StrategicPlan, entered: CoreBudgetInput) -> CoreBudget:
    """The core budget, not stored; every problem is told at once."""
    problems: list[Problem] = []
    first, last = dates_of(plan)
    if not first.year <= entered.year <= last.year:
        text = _("The plan runs from %(first)s to %(last)s.")
        text %= {"first": first.year, "last": last.year}
        problems.append(Problem("year", "year_outside_plan", text))
    numbers: dict[str, Decimal | None] = {}
    for name in ("approved", "received", "risk_below"):
        written = getattr(entered, name).strip()
        numbers[name] = None
        if not written and name != "approved":
            continue
        try:
            numbers[name] = parse_decimal(written, name)
        except InvalidInput as error:
            problems += error.problems
    approved, received, below = numbers.values()
    for name, number in (("approved", approved), ("received", received)):
        if number is not None and number < 0:
            text = _("An amount is not below zero.")
            problems.append(Problem(name, "negative_amount", text))
    if approved == 0:
        problems.append(Problem("approved", "zero_amount", _("An amount is above zero.")))
    if below is not None and not 0 < below <= HUNDRED:
        text = _("A share is above 0 and at most 100 percent.")
        problems.append(Problem("risk_below", "share_out_of_range", text))
    source, note = " ".join(entered.source.split()), entered.note.strip()
    if not source:
        problems.append(Problem("source", "missing_source", _("Say where this is from.")))
    for name, text, most in (("source", source, LONGEST_SOURCE), ("note", note, LONGEST_TEXT)):
        if len(text) > most:
            problems.append(too_long(name, most))
    if problems or approved is None:
        raise InvalidInput(problems)
    return CoreBudget(
        plan=plan,
        year=entered.year,
        approved=approved,
        received=received,
        risk_below=below,
        source=source,
        note=note,
    )


@transaction.atomic
def defer_outcome(
    *, outcome: Outcome, planned: date, until: date, reason: str, by: User | None
) -> Deferral:
    """Put an outcome's work off to a new date; an earlier deferral of it is superseded.

    `by` empty is the system itself, which also keeps what is over. Raises `not_allowed`, and with
    every field's problem `missing_reason`, `too_long`, `date_before_plan`, `dates_reversed` and
    `date_in_past` (of the new date).
    """
    _check_may_defer(by)
    plan = StrategicPlan.objects.select_for_update().get(pk=outcome.plan_id)
    problems: list[Problem] = []
    if not reason.strip():
        text = _("Say why it is put off.")
        problems.append(Problem("reason", "missing_reason", text))
    elif len(reason.strip()) > LONGEST_TEXT:
        problems.append(too_long("reason", LONGEST_TEXT))
    first, _last = dates_of(plan)
    if planned < first:
        text = _("The plan begins on %(first)s.") % {"first": said_day(first)}
        problems.append(Problem("planned", "date_before_plan", text))
    if until <= planned:
        text = _("The new date lies after the one that was planned.")
        problems.append(Problem("until", "dates_reversed", text))
    elif by is not None and until < timezone.localdate():
        problems.append(Problem("until", "date_in_past", _("This day has passed.")))
    if problems:
        raise InvalidInput(problems)
    held = Deferral.objects.at().filter(outcome=outcome).first()
    row = Deferral(outcome=outcome, planned=planned, until=until, reason=reason.strip())
    if held is not None and _said(held) == _said(row):
        return held
    row.recorded_at, row.recorded_by = database_now(), by
    if held is not None:
        held.superseded_at, held.superseded_by = row.recorded_at, by
        held.save(update_fields=["superseded_at", "superseded_by"])
    row.save()
    record_activity(
        by=by,
        verb="deferred",
        targets=[outcome],
        reason=row.reason,
        changes={"deferral": [held and _said(held), _said(row)]},
    )
    return row


@transaction.atomic
def end_deferral(*, deferral: Deferral, by: User | None, reason: str = "") -> Deferral:
    """Take the work on an outcome up again. Raises `not_allowed` and `deferral_ended`."""
    _check_may_defer(by)
    held: Deferral = (
        Deferral.objects.select_for_update(of=("self",))
        .select_related("outcome")
        .get(pk=deferral.pk)
    )
    if held.superseded_at is not None:
        raise DomainError(_("This is no longer put off."), "deferral_ended")
    held.superseded_at, held.superseded_by = database_now(), by
    held.save(update_fields=["superseded_at", "superseded_by"])
    record_activity(
        by=by,
        verb="ended deferral",
        targets=[held.outcome],
        reason=reason.strip()[:LONGEST_TEXT],
        changes={"deferral": [_said(held), None]},
    )
    return held


def _check_may_defer(by: User | None) -> None:
    if by is not None and not can_manage_plan(by):
        raise NotAllowed(_("Only a manager at headquarters may put an outcome off."))


def _said(deferral: Deferral) -> str:
    return f"{deferral.planned} - {deferral.until}: {deferral.reason}"
