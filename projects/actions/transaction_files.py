"""Many transactions from a file, all of it or nothing; what is there already is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes
from habitat_tracker.accounts.models import User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import InvalidInput, NotAllowed, Problem, too_long
from habitat_tracker.fields import plain
from plans.models import StrategicPlan
from projects.choices import TransactionKind
from projects.models import Project, Transaction
from projects.money import BudgetWarning, budget_warnings, moved_by_kind
from projects.permissions import can_keep_money, can_load_money

from .exchange import MOST_PROBLEMS, rates_of
from .transactions import (
    LONGEST_TEXT,
    TransactionInput,
    dates_of,
    prongs_of,
    read_transaction,
)

if TYPE_CHECKING:
    from projects.sheets.reading import Row

T = TypeVar("T")

# The columns of a file of transactions, by the names in its first row; the last may be missing.
NEEDED = (
    *("external_id", "project", "kind", "date", "currency"),
    *("amount", "donor", "earmarked", "description"),
)
COLUMNS = (*NEEDED, "prong")
MOST_ROWS = 100_000
# So many numbers are looked up, and so many rows written, at a time.
AT_A_TIME = 5_000
# What makes two transactions of one number the same.
CONTENT = (
    *("project_id", "kind", "date", "currency", "amount"),
    *("donor", "earmarked", "description", "prong_id"),
)


@dataclass(frozen=True)
class LoadedTransactions:
    """What a file did, or (in a preview) would do, and where more was spent than is approved."""

    added: int
    replaced: int
    unchanged: int
    warnings: list[BudgetWarning]


@dataclass
class _Read:
    """The rows of a file by number, with the rows of the file that they stand in."""

    rows: dict[str, tuple[Transaction, Row]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass
class _Compared:
    """What a file says beside what is there: the rows to add, and those that they replace."""

    added: list[Transaction] = field(default_factory=list)
    replacing: list[Transaction] = field(default_factory=list)
    ended: list[Transaction] = field(default_factory=list)
    unchanged: int = 0

    @property
    def written(self) -> list[Transaction]:
        return [*self.added, *self.replacing]


@transaction.atomic
def load_transactions(
    *,
    plan: StrategicPlan,
    file: IO[bytes],
    name: str,
    by: User | None,
    reason: str = "",
    preview: bool = False,
) -> LoadedTransactions:
    """Take in a CSV file or workbook of income and expenditure, each row with its `external_id`.

    All of it or nothing; a file may be loaded again. A number that is there with the same content
    is left alone; with other content, or withdrawn by hand, it is a correction: what stands is
    withdrawn and recorded anew, where `reason` says why. A file without the column `prong` says
    nothing of it: what stands keeps the one that it has. With `preview` nothing is stored. Raises
    what `read_rows` raises about the file, for its cells what `record_transaction` raises and
    `missing_external_id`, `duplicate_row`, `unknown_project`, `not_allowed` (a project of another
    office; where nothing else is wrong, the whole file is); and `empty_file`, `missing_reason`,
    `too_long`, `not_allowed`.
    """
    if by is not None and not can_load_money(by):
        raise NotAllowed(_("Only managers load what projects receive and spend."))
    plan = StrategicPlan.objects.select_for_update().get(pk=plan.pk)
    projects = {one.code: one for one in Project.objects.filter(plan=plan).select_related("office")}
    read = _read(plan, projects, _rows_of(file, name), by)
    if not read.problems and not read.rows:
        raise InvalidInput.of("file", "empty_file", _("There is no transaction in this file."))
    if len(reason.strip()) > LONGEST_TEXT:
        read.problems.append(too_long("reason", LONGEST_TEXT))
    by_key = {one.pk: one for one in projects.values()}
    compared = _Compared() if read.problems else _compare(plan, read, by_key, reason, by)
    if read.problems:
        raise _refusal(read.problems)
    _store(compared, by_key, by, reason.strip())
    spending = {
        row.project_id for row in compared.written if row.kind == TransactionKind.EXPENDITURE
    }
    loaded = LoadedTransactions(
        len(compared.added),
        len(compared.replacing),
        compared.unchanged,
        budget_warnings([by_key[pk] for pk in spending]),
    )
    if preview:
        transaction.set_rollback(True)
    return loaded


def _rows_of(file: IO[bytes], name: str) -> list[Row]:
    """The rows of a file; a day may be a date of Excel."""
    from projects.sheets.reading import read_rows  # it rests on the actions' file types

    try:
        rows = read_rows(
            file,
            name=name,
            keys=NEEDED,
            optional=COLUMNS,
            days=("date",),
            most=MOST_ROWS,
            worded=False,
        )
        return list(rows)
    except InvalidInput as error:
        if error.code != "wrong_sheet":
            raise
        text = _("The first row has to name the columns: %(columns)s.")
        raise InvalidInput.of(
            "file", "wrong_sheet", text % {"columns": ", ".join(NEEDED)}
        ) from None


def _read(
    plan: StrategicPlan, projects: dict[str, Project], rows: list[Row], by: User | None
) -> _Read:
    """Every row read and checked by itself; one query each for the rates and prongs of all."""
    read = _Read()
    known: dict[str, Any] = {"dates": dates_of(plan), "prongs": prongs_of(plan)}
    known["held"] = rates_of(_months(rows))
    may_keep: dict[int, bool] = {}
    for row in rows:
        if len(read.problems) >= MOST_PROBLEMS:
            break
        if row.problems:
            read.problems += row.problems
            continue
        given = {key: text for key, text in row.texts.items() if key != "project"}
        one, problems = read_transaction(TransactionInput(**given), **known)
        project = projects.get(row.texts["project"].strip())
        if project is None:
            text = _("There is no such project in this plan.")
            problems.append(Problem("project", "unknown_project", text))
        else:
            if project.office_id not in may_keep:
                may_keep[project.office_id] = by is None or can_keep_money(by, project)
            if not may_keep[project.office_id]:
                problems.append(Problem("project", "not_allowed", _not_yours()))
            one.plan, one.project = plan, project
        if not one.external_id:
            text = _("Give the number that it has in the accounts.")
            problems.append(Problem("external_id", "missing_external_id", text))
        elif one.external_id in read.rows:
            text = _("Row %(row)s has this number already.")
            text %= {"row": read.rows[one.external_id][1].number}
            problems.append(Problem("external_id", "duplicate_row", text))
        else:
            read.rows[one.external_id] = one, row
        read.problems += [_in_cell(row, problem) for problem in problems]
    return read


def _months(rows: list[Row]) -> set[date]:
    """The months of all days that can be read."""
    found = set()
    for text in {row.texts.get("date", "").strip() for row in rows}:
        try:
            found.add(date.fromisoformat(text).replace(day=1))
        except ValueError:
            continue
    return found


def _not_yours() -> str:
    return _("Only a manager of the project's office may record what it receives and spends.")


def _in_cell(row: Row, problem: Problem) -> Problem:
    """A problem under the reference of its cell."""
    where = row.reference(problem.field)
    return Problem(where, problem.code, f"{where}: {problem.message}", row.number)


def _refusal(problems: list[Problem]) -> NotAllowed | InvalidInput:
    """A file that is right but for whose it is is not allowed; all else has to be corrected."""
    if all(one.code == "not_allowed" for one in problems):
        return NotAllowed(problems[0].message)
    return InvalidInput(problems[:MOST_PROBLEMS])


def _compare(
    plan: StrategicPlan, read: _Read, projects: dict[int, Project], reason: str, by: User | None
) -> _Compared:
    """What is new, what replaces, what is there already; problems are added to those read."""
    compared = _Compared()
    held = _held(plan, read.rows)
    for number, (one, row) in read.rows.items():
        before = held.get(number)
        if before is None:
            compared.added.append(one)
            continue
        stands = before.withdrawn_at is None
        if "prong" not in row.columns and one.kind == TransactionKind.INCOME:
            one.prong_id = before.prong_id
        if stands and all(getattr(before, name) == getattr(one, name) for name in CONTENT):
            compared.unchanged += 1
            continue
        if by is not None and not can_keep_money(by, projects[before.project_id]):
            read.problems.append(_in_cell(row, Problem("external_id", "not_allowed", _not_yours())))
        elif not reason.strip():
            text = (
                _("Row %(row)s: %(number)s has other content so far. Say why it is replaced.")
                if stands
                else _("Row %(row)s: %(number)s was withdrawn. Say why it counts again.")
            )
            text %= {"row": row.number, "number": number}
            read.problems.append(Problem("reason", "missing_reason", text, row.number))
        compared.replacing.append(one)
        if stands:
            compared.ended.append(before)
    return compared


def _held(plan: StrategicPlan, numbers: Iterable[str]) -> dict[str, Transaction]:
    """The newest transaction of each number, whether it stands or was withdrawn."""
    found: dict[str, Transaction] = {}
    for some in _in_parts(numbers):
        rows = Transaction.objects.of_plan(plan).filter(external_id__in=some)
        for one in rows.order_by("pk"):
            found[one.external_id] = one
    return found


def _store(compared: _Compared, projects: dict[int, Project], by: User | None, reason: str) -> None:
    """Withdraw what is replaced, post what is new, and tell each project what it comes to."""
    if not compared.written:
        return
    touched = {row.project_id for row in [*compared.written, *compared.ended]}
    before, now = moved_by_kind(touched), database_now()
    for some in _in_parts(compared.ended):
        Transaction.objects.filter(pk__in=[row.pk for row in some]).update(
            withdrawn_at=now, withdrawn_by=by, reason=reason
        )
    Transaction.objects.bulk_create(_stamped(compared.written, by, now), batch_size=AT_A_TIME)
    after = moved_by_kind(touched)
    changes: dict[Project, Changes] = {}
    for pk in sorted(touched):
        changes[projects[pk]] = {
            kind: [_text(was), _text(becomes)]
            for kind in TransactionKind.values
            if (was := before.get((pk, kind))) != (becomes := after.get((pk, kind)))
        }
    record_activity(
        by=by, verb="loaded money", targets=list(changes), reason=reason, changes=changes
    )


def _text(usd: Decimal | None) -> str | None:
    return None if usd is None else f"USD {plain(usd)}"


def _in_parts(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while some := list(islice(left, AT_A_TIME)):
        yield some


def _stamped(rows: list[Transaction], by: User | None, now: datetime) -> list[Transaction]:
    for row in rows:
        row.posted_at, row.posted_by = now, by
    return rows
