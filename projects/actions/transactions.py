"""Income and expenditure of projects: recorded one by one, and withdrawn with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes
from habitat_tracker.accounts.models import User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, too_long
from habitat_tracker.fields import parse_decimal, plain
from habitat_tracker.wording import said_day
from plans.choices import ThemeKind
from plans.models import PlanRevision, StrategicPlan, Theme
from projects.choices import TransactionKind
from projects.models import Project, Transaction
from projects.money import BudgetWarning, budget_warnings
from projects.permissions import can_keep_money

from .budget import YES
from .exchange import DOLLAR, Key, in_dollars

NO = frozenset(["no", "0", "false"])
LONGEST_DONOR, LONGEST_ID, LONGEST_TEXT = 200, 80, 2_000


@dataclass(frozen=True)
class TransactionInput:
    """Income or expenditure as somebody wrote it; the day as 2021-03-31, earmarked yes or no."""

    kind: str
    date: str
    amount: str
    currency: str = DOLLAR
    donor: str = ""
    earmarked: str = ""
    description: str = ""
    external_id: str = ""
    prong: str = ""


@dataclass(frozen=True)
class Recorded:
    """What was recorded, and where the project spent more than is approved: told, not refused."""

    transaction: Transaction
    warnings: list[BudgetWarning]


@transaction.atomic
def record_transaction(*, project: Project, entered: TransactionInput, by: User | None) -> Recorded:
    """Record what a project received or spent, in US dollars at its month's operational rate.

    `by` empty is the system itself. Raises `not_allowed`, and with every field's problem
    `unknown_kind`, `invalid_date`, `date_outside_plan`, `date_in_future`, `unknown_answer` (of
    earmarking, which expenditure may leave open), `zero_amount`, `negative_amount`, `too_long`,
    `duplicate_external_id`, `unknown_currency`, `unknown_prong`, `prong_of_expenditure`,
    `no_exchange_rate` and those of numbers.
    """
    _check_may_keep(project, by)
    # Two that name one transaction of the other system come one after the other.
    plan = StrategicPlan.objects.select_for_update().get(pk=project.plan_id)
    row, problems = read_transaction(entered, dates=dates_of(plan), prongs=prongs_of(plan))
    if not problems and row.external_id:
        held = Transaction.objects.at().of_plan(plan).filter(external_id=row.external_id)
        if other := held.select_related("project").first():
            text = _("%(project)s has a transaction of this number already.")
            text %= {"project": other.project.code}
            problems.append(Problem("external_id", "duplicate_external_id", text))
    if problems:
        raise InvalidInput(problems)
    row.plan, row.project = plan, project
    row.posted_at, row.posted_by = database_now(), by
    row.save()
    record_activity(by=by, verb="recorded money", targets=[project], changes=told(None, row))
    spends = row.kind == TransactionKind.EXPENDITURE
    return Recorded(row, budget_warnings([project]) if spends else [])


@transaction.atomic
def withdraw_transaction(*, transaction: Transaction, reason: str, by: User | None) -> Transaction:
    """Take back what was recorded; it is kept, with the reason, and counts no longer.

    A correction withdraws and records anew. Raises `not_allowed`, `missing_reason`, `too_long`
    and `already_withdrawn`.
    """
    _check_may_keep(transaction.project, by)
    if problems := check_reason(reason):
        raise InvalidInput(problems)
    held: Transaction = (
        Transaction.objects.select_for_update(of=("self",))
        .select_related("project__office")
        .get(pk=transaction.pk)
    )
    if held.withdrawn_at is not None:
        raise DomainError(_("This was withdrawn already."), "already_withdrawn")
    held.withdrawn_at, held.withdrawn_by = database_now(), by
    held.reason = reason.strip()
    held.save(update_fields=["withdrawn_at", "withdrawn_by", "reason"])
    record_activity(
        by=by,
        verb="withdrew money",
        targets=[held.project],
        reason=held.reason,
        changes=told(held, None),
    )
    return held


def _check_may_keep(project: Project, by: User | None) -> None:
    if by is not None and not can_keep_money(by, project):
        raise NotAllowed(
            _("Only a manager of the project's office may record what it receives and spends.")
        )


def check_reason(reason: str) -> list[Problem]:
    """What is wrong with the reason of a withdrawal."""
    if not reason.strip():
        return [Problem("reason", "missing_reason", _("Say why it is withdrawn."))]
    if len(reason.strip()) > LONGEST_TEXT:
        return [too_long("reason", LONGEST_TEXT)]
    return []


def prongs_of(plan: StrategicPlan) -> dict[str, Theme]:
    """The prongs of the plan's resource mobilization strategy by their codes."""
    return {one.code: one for one in Theme.objects.filter(plan=plan, kind=ThemeKind.PRONG)}


def find_prong(prongs: Mapping[str, Theme], code: str, problems: list[Problem]) -> Theme | None:
    """The prong of a code; None where none is said."""
    if not code.strip():
        return None
    found = prongs.get(code.strip())
    if found is None:
        text = _("The plan has no such prong.")
        problems.append(Problem("prong", "unknown_prong", text))
    return found


def dates_of(plan: StrategicPlan) -> tuple[date, date]:
    """The first and the last day of a plan, as decided now."""
    revision = PlanRevision.objects.at().get(plan=plan)
    return revision.start, revision.end


def told(before: Transaction | None, after: Transaction | None) -> Changes:
    """A transaction as a change of its project: what counts no longer, and what counts now."""
    row = after or before
    assert row is not None
    pair = [one and f"{plain(one.amount)} {one.currency}" for one in (before, after)]
    return {f"{row.kind}.{row.date} {row.external_id}".strip(): [text or None for text in pair]}


# --- What may be entered ---------------------------------------------------------------------


def read_transaction(
    entered: TransactionInput,
    *,
    dates: tuple[date, date],
    prongs: Mapping[str, Theme],
    held: Mapping[Key, Decimal] | None = None,
) -> tuple[Transaction, list[Problem]]:
    """A transaction that is not stored, without its project, and all that is wrong with it.

    Who reads many gives the exchange rates in `held`.
    """
    problems: list[Problem] = []

    def say(field: str, code: str, text: str) -> None:
        problems.append(Problem(field, code, text))

    kind = entered.kind.strip().lower()
    if kind not in TransactionKind.values:
        say("kind", "unknown_kind", _("Say income or expenditure."))
    day = _day(entered.date, dates, problems)
    texts: dict[str, Any] = {
        "donor": (" ".join(entered.donor.split()), LONGEST_DONOR),
        "external_id": (entered.external_id.strip(), LONGEST_ID),
        "description": (entered.description.strip(), LONGEST_TEXT),
    }
    for name, (text, most) in texts.items():
        if len(text) > most:
            problems.append(too_long(name, most))
    earmarked = _answer(entered.earmarked, kind, problems)
    amount = read_amount(entered.amount, problems)
    row = Transaction(
        kind=kind,
        date=day,
        donor=texts["donor"][0],
        earmarked=earmarked,
        currency=entered.currency.strip().upper(),
        amount=amount,
        description=texts["description"][0],
        external_id=texts["external_id"][0],
    )
    if not problems:
        try:
            worth = in_dollars(amount=amount, currency=row.currency, on=day, held=held)
        except InvalidInput as error:
            problems += error.problems
        else:
            row.usd, row.rate, row.rate_month = worth.usd, worth.rate, worth.month
    row.prong = find_prong(prongs, entered.prong, problems)
    if row.prong and kind == TransactionKind.EXPENDITURE:
        say("prong", "prong_of_expenditure", _("Only income is brought in by a prong."))
    return row, problems


def read_amount(written: str, problems: list[Problem]) -> Decimal:
    """An amount above zero; 0 where it cannot be read, and the problems say why."""
    try:
        amount = parse_decimal(written, "amount")
    except InvalidInput as error:
        problems += error.problems
        return Decimal(0)
    if amount < 0:
        text = _("An amount is not below zero.")
        problems.append(Problem("amount", "negative_amount", text))
    elif not amount:
        problems.append(Problem("amount", "zero_amount", _("An amount is above zero.")))
    return amount


def _day(written: str, dates: tuple[date, date], problems: list[Problem]) -> date:
    """The day of a transaction, within the plan and not yet to come."""
    first, last = dates
    try:
        day = date.fromisoformat(written.strip())
    except ValueError:
        text = _("Give the day as 2021-03-31.")
        problems.append(Problem("date", "invalid_date", text))
        return first
    if not first <= day <= last:
        text = _("The plan runs from %(first)s to %(last)s.") % {
            "first": said_day(first),
            "last": said_day(last),
        }
        problems.append(Problem("date", "date_outside_plan", text))
    elif day > timezone.localdate():
        text = _("This day is yet to come.")
        problems.append(Problem("date", "date_in_future", text))
    return day


def _answer(written: str, kind: str, problems: list[Problem]) -> bool | None:
    """Whether money is earmarked; expenditure may leave it open."""
    said = written.strip().lower()
    if not said and kind != TransactionKind.INCOME:
        return None
    return yes_or_no(said, problems)


def yes_or_no(said: str, problems: list[Problem]) -> bool:
    """Whether money is earmarked, where that has to be said."""
    if said not in YES | NO:
        problems.append(Problem("earmarked", "unknown_answer", _("Say yes or no.")))
    return said in YES
