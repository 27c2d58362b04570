"""Income that a plan expects: recorded year by year, and withdrawn with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes
from habitat_tracker.accounts.models import User
from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, too_long
from habitat_tracker.fields import plain
from plans.models import StrategicPlan
from projects.choices import Likelihood
from projects.models import ExpectedIncome

from .exchange import DOLLAR, in_dollars
from .transactions import (
    LONGEST_DONOR,
    LONGEST_TEXT,
    check_reason,
    dates_of,
    find_prong,
    prongs_of,
    read_amount,
    yes_or_no,
)


@dataclass(frozen=True)
class ForecastInput:
    """Expected income as somebody wrote it: earmarked yes or no, a prong by its code."""

    year: int
    amount: str
    likelihood: str
    earmarked: str
    donor: str = ""
    currency: str = DOLLAR
    prong: str = ""
    note: str = ""


@transaction.atomic
def expect_income(
    *, plan: StrategicPlan, entered: ForecastInput, by: User | None
) -> ExpectedIncome:
    """Record income that is expected in a year, in US dollars at this month's operational rate.

    `by` empty is the system itself. Raises `not_allowed`, and with every field's problem
    `year_outside_plan`, `unknown_answer` (of earmarking), `unknown_likelihood`, `unknown_prong`,
    `zero_amount`, `negative_amount`, `too_long`, `unknown_currency`, `no_exchange_rate` and those
    of numbers.
    """
    _check_may_forecast(by)
    problems: list[Problem] = []
    first, last = dates_of(plan)
    if not first.year <= entered.year <= last.year:
        text = _("The plan runs from %(first)s to %(last)s.")
        text %= {"first": first.year, "last": last.year}
        problems.append(Problem("year", "year_outside_plan", text))
    likelihood = entered.likelihood.strip().lower()
    if likelihood not in Likelihood.values:
        text = _("Say how likely it is: signed, pledged or probable.")
        problems.append(Problem("likelihood", "unknown_likelihood", text))
    texts = {"donor": " ".join(entered.donor.split()), "note": entered.note.strip()}
    for name, most in (("donor", LONGEST_DONOR), ("note", LONGEST_TEXT)):
        if len(texts[name]) > most:
            problems.append(too_long(name, most))
    row = ExpectedIncome(
        plan=plan,
        year=entered.year,
        likelihood=likelihood,
        earmarked=yes_or_no(entered.earmarked.strip().lower(), problems),
        currency=entered.currency.strip().upper(),
        amount=read_amount(entered.amount, problems),
        prong=find_prong(prongs_of(plan), entered.prong, problems),
        **texts,
    )
    if problems:
        raise InvalidInput(problems)
    worth = in_dollars(amount=row.amount, currency=row.currency, on=timezone.localdate())
    row.usd, row.rate, row.rate_month = worth.usd, worth.rate, worth.month
    row.posted_at, row.posted_by = database_now(), by
    row.save()
    record_activity(by=by, verb="expected income", targets=[plan], changes=_told(None, row))
    return row


@transaction.atomic
def withdraw_expected_income(
    *, expected: ExpectedIncome, reason: str, by: User | None
) -> ExpectedIncome:
    """Take back what was expected; it is kept, with the reason, and counts no longer.

    What came in is withdrawn too, for it is income then; a correction is recorded anew. Raises
    `not_allowed`, `missing_reason`, `too_long` and `already_withdrawn`.
    """
    _check_may_forecast(by)
    if problems := check_reason(reason):
        raise InvalidInput(problems)
    rows = ExpectedIncome.objects.select_for_update(of=("self",)).select_related("plan")
    held: ExpectedIncome = rows.get(pk=expected.pk)
    if held.withdrawn_at is not None:
        raise DomainError(_("This was withdrawn already."), "already_withdrawn")
    held.withdrawn_at, held.withdrawn_by = database_now(), by
    held.reason = reason.strip()
    held.save(update_fields=["withdrawn_at", "withdrawn_by", "reason"])
    record_activity(
        by=by,
        verb="withdrew expected income",
        targets=[held.plan],
        reason=held.reason,
        changes=_told(held, None),
    )
    return held


def _check_may_forecast(by: User | None) -> None:
    if by is not None and not can_manage_plan(by):
        raise NotAllowed(_("Only a manager at headquarters may record expected income."))


def _told(before: ExpectedIncome | None, after: ExpectedIncome | None) -> Changes:
    """Expected income as a change of its plan: what counts no longer, and what counts now."""
    row = after or before
    assert row is not None
    pair = [one and f"{plain(one.amount)} {one.currency}" for one in (before, after)]
    return {f"expected_income.{row.year} {row.donor}".strip(): [text or None for text in pair]}
