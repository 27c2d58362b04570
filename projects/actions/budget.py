"""What a project may spend: its budget by year and donor, and the outcomes that it is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes
from habitat_tracker.accounts.models import User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import InvalidInput, Problem, too_long
from habitat_tracker.fields import LIMIT, parse_decimal, plain
from outcomes.models import Outcome
from projects.models import BudgetLine, OutcomeShare, Project

from .exchange import DOLLAR, in_dollars

# The columns of a file of budget lines, by the names in its first row.
COLUMNS = ("year", "donor", "earmarked", "currency", "amount", "month")
MOST_LINES = 200
HUNDRED = Decimal(100)
YES, NO = frozenset(["yes", "1", "true", "x", "earmarked"]), frozenset(["", "no", "0", "false"])


@dataclass(frozen=True)
class BudgetRow:
    """A line of a budget as somebody wrote it; `month` (2021-03) is that of the rate."""

    year: str
    donor: str
    earmarked: str
    currency: str
    amount: str
    month: str = ""


def read_budget(
    rows: Sequence[BudgetRow], *, years: range, first: date, today: date
) -> tuple[list[BudgetLine], list[Problem]]:
    """The lines of a budget in US dollars, not stored, and all that is wrong with what was given.

    `years` are those that the project may spend in; a line without a month takes the rate of
    today's month, and no other than one from the month of `first` (the plan's first day) on.
    Problems name the row from 1 and the field: `invalid_year`, `year_outside_project`,
    `too_long`, `unknown_answer`, `negative_amount`, `invalid_month`, `month_outside_plan`,
    `out_of_range`, `duplicate_row`, `too_many_rows`, those of numbers and of `in_dollars`.
    """
    problems: list[Problem] = []
    lines: list[BudgetLine] = []
    seen: dict[tuple[int, str, bool, str], int] = {}
    if len(rows) > MOST_LINES:
        text = _("A budget has %(most)s lines at most.") % {"most": MOST_LINES}
        return [], [Problem("budget", "too_many_rows", text)]
    for number, row in enumerate(rows, 1):
        line, wrong = _read_line(row, number, years, (first, today))
        key = (line.year, line.donor.casefold(), line.earmarked, line.currency)
        if not wrong and key in seen:
            text = _("Line %(row)s has this year, donor and currency already.")
            wrong = [Problem("donor", "duplicate_row", text % {"row": seen[key]}, number)]
        seen.setdefault(key, number)
        problems += wrong
        lines.append(line)
    if not problems and sum((line.usd for line in lines), Decimal(0)) >= LIMIT:
        problems.append(Problem("amount", "out_of_range", _("The amount is too large.")))
    return lines, problems


def _read_line(
    row: BudgetRow, number: int, years: range, months: tuple[date, date]
) -> tuple[BudgetLine, list[Problem]]:
    wrong: list[Problem] = []

    def say(field: str, code: str, text: str) -> None:
        wrong.append(Problem(field, code, text, number))

    year = row.year.strip()
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        say("year", "invalid_year", _("Give the year in four digits, like 2021."))
        year = "0"
    elif int(year) not in years:
        text = _("The project spends in %(first)s to %(last)s.")
        say("year", "year_outside_project", text % {"first": years.start, "last": years.stop - 1})
    donor = " ".join(row.donor.split())
    if len(donor) > 200:
        wrong.append(too_long("donor", 200, number))
    said = row.earmarked.strip().lower()
    if said not in YES | NO:
        say("earmarked", "unknown_answer", _("Say yes or no."))
    first, today = months
    amount, month = Decimal(0), today
    try:
        amount = parse_decimal(row.amount, "amount")
    except InvalidInput as error:
        say("amount", error.code, error.message)
    if amount < 0:
        say("amount", "negative_amount", _("An amount is not below zero."))
    try:
        month = date.fromisoformat(f"{row.month.strip()}-01") if row.month.strip() else today
        if not first.replace(day=1) <= month <= today:
            text = _("The rate is that of a month from %(first)s to now.")
            say("month", "month_outside_plan", text % {"first": first.isoformat()[:7]})
    except ValueError:
        say("month", "invalid_month", _("Give the month as 2021-03."))
    line = BudgetLine(
        year=int(year),
        donor=donor[:200],
        earmarked=said in YES,
        currency=row.currency.strip().upper() or DOLLAR,
        amount=amount,
    )
    if not wrong:
        try:
            held = in_dollars(amount=amount, currency=line.currency, on=month)
        except InvalidInput as error:
            wrong += [Problem("currency", error.code, error.message, number)]
        else:
            line.usd, line.rate, line.rate_month = held.usd, held.rate, held.month
            if held.usd >= LIMIT:
                say("amount", "out_of_range", _("The amount is too large."))
    return line, wrong


def read_budget_file(file: IO[bytes], name: str) -> list[BudgetRow]:
    """The lines of a CSV file or workbook with year, donor, earmarked, currency, amount, month.

    Raises what `read_rows` raises about the file.
    """
    from projects.sheets.reading import read_rows  # it rests on the actions' file types

    rows = []
    for row in read_rows(file, name=name, keys=COLUMNS):
        if row.problems:
            raise InvalidInput(list(row.problems))
        rows.append(BudgetRow(**{key: row.texts[key] for key in COLUMNS}))
    return rows


@transaction.atomic
def set_budget(
    *, project: Project, lines: Iterable[BudgetLine], by: User | None, reason: str = ""
) -> None:
    """Put a budget in the place of the one that counts so far, the whole of it.

    A line that stays as it is keeps its row. Who may is decided by who asks: a budget changes
    with an approved proposal or revision.
    """
    wanted = {_key(line): line for line in lines}
    held = {
        _key(line): line
        for line in BudgetLine.objects.at().select_for_update().filter(project=project)
    }
    ended = [line for key, line in held.items() if key not in wanted]
    added = [line for key, line in wanted.items() if key not in held]
    if not ended and not added:
        return
    now = database_now()
    BudgetLine.objects.filter(pk__in=[line.pk for line in ended]).update(
        superseded_at=now, superseded_by=by
    )
    for line in added:
        line.project, line.recorded_at, line.recorded_by = project, now, by
        line.reason = reason
    BudgetLine.objects.bulk_create(added)
    changes: Changes = {}
    for at, sign in ((0, ended), (1, added)):
        for line in sign:
            kind = "earmarked" if line.earmarked else "not_earmarked"
            name = f"budget.{line.year} {line.donor} {line.currency}.{kind}"
            pair = changes.setdefault(name, [None, None])
            pair[at] = " + ".join(filter(None, [str(pair[at] or ""), plain(line.amount)]))
    record_activity(by=by, verb="set budget", targets=[project], reason=reason, changes=changes)


def _key(line: BudgetLine) -> tuple[object, ...]:
    values = (line.amount, line.usd, line.rate, line.rate_month)
    return (line.year, line.donor, line.earmarked, line.currency, *values)


def check_shares(shares: Mapping[str, Decimal], field: str = "shares") -> list[Problem]:
    """What is wrong with the shares of outcomes by code: `shares_not_100`, `share_out_of_range`.

    None at all is right: all of the money is then for the primary outcome.
    """
    problems = [
        Problem(
            f"{field}.{code}",
            "share_out_of_range",
            _("A share is above 0 and at most 100 percent."),
        )
        for code, share in shares.items()
        if not 0 < share <= HUNDRED
    ]
    total = sum(shares.values(), Decimal(0))
    if shares and total != HUNDRED:
        text = _("The shares add up to %(total)s percent, not to 100.") % {"total": plain(total)}
        problems.append(Problem(field, "shares_not_100", text))
    return problems


@transaction.atomic
def set_shares(
    *, project: Project, shares: Mapping[Outcome, Decimal], by: User | None, reason: str = ""
) -> None:
    """Say which outcomes a project's money is for, in percent: all of them, or none at all.

    From now on; what was asked as of an earlier moment keeps its answer. Raises
    `shares_not_100` and `share_out_of_range`.
    """
    if problems := check_shares({outcome.code: share for outcome, share in shares.items()}):
        raise InvalidInput(problems)
    held = {
        one.outcome_id: one
        for one in OutcomeShare.objects.at()
        .select_for_update(of=("self",))
        .select_related("outcome")
        .filter(project=project)
    }
    wanted = {outcome.pk: share for outcome, share in shares.items()}
    if wanted == {pk: one.share for pk, one in held.items()}:
        return
    now = database_now()
    changes: Changes = {
        f"shares.{one.outcome.code}": [plain(one.share), None]
        for pk, one in held.items()
        if wanted.get(pk) != one.share
    }
    for outcome, share in shares.items():
        before = held.get(outcome.pk)
        if before is None or before.share != share:
            was = plain(before.share) if before else None
            changes[f"shares.{outcome.code}"] = [was, plain(share)]
    ended = [one.pk for pk, one in held.items() if wanted.get(pk) != one.share]
    OutcomeShare.objects.filter(pk__in=ended).update(superseded_at=now, superseded_by=by)
    OutcomeShare.objects.bulk_create(
        OutcomeShare(
            project=project,
            outcome=outcome,
            share=share,
            recorded_at=now,
            recorded_by=by,
            reason=reason,
        )
        for outcome, share in shares.items()
        if outcome.pk not in held or held[outcome.pk].share != share
    )
    record_activity(by=by, verb="set shares", targets=[project], reason=reason, changes=changes)
