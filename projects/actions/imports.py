"""Sheets that come back: sent, read by a job, shown, confirmed, saved by a job.

Nothing of a sheet is saved before its sender confirms it. Both jobs work in small transactions
and can be killed anywhere: whoever takes them up again goes on where they stopped, and no result
is saved or submitted twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import PurePath
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, Q
from django.template.defaultfilters import filesizeformat
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.accounts.permissions import has_role_anywhere
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem
from plans.models import StrategicPlan
from projects.choices import (
    EDITABLE,
    IN_WORK,
    UNSAVED,
    EvidenceKind,
    ImportStatus,
    RowKind,
    RowOutcome,
)
from projects.models import ImportRow, ImportRun, ProjectIndicator, Result

from .checks import ResultInput
from .evidence import add_evidence
from .results import save_results, submit

# `projects.sheets` uses the checks of the actions, so that it is imported where it is needed.

log = structlog.get_logger(__name__)

# Sheets of one person that wait to be confirmed; more is a pile that nobody looks through.
MOST_WAITING = 10
# How long a sheet waits to be confirmed, and how long what became of it can be looked up.
CONFIRMED_WITHIN = timedelta(days=7)
KEPT_FOR = timedelta(days=90)
# A job that has not moved for so long is dead; it is taken up again, so often.
DEAD_AFTER = timedelta(minutes=3)
MOST_ATTEMPTS = 3
# Results that one transaction reads or saves.
READ_AT_ONCE = 200
# Rows of a file after which a job says that it lives.
ROWS_BETWEEN_SIGNS = 1_000
SAVED_AT_ONCE = 100
# Seconds after which a job lets others go first.
LONGEST_TURN = 60


@transaction.atomic
def upload_sheet(*, plan: StrategicPlan, file: Any, by: User) -> ImportRun:
    """Take a filled-in sheet; a job reads it.

    Raises `missing_file`, `empty_file`, `file_too_large`, `too_many_imports` and `not_allowed`.
    """
    if not has_role_anywhere(by, Role.REPORTER):
        raise NotAllowed(_("Only reporters send sheets with results."))
    if not file:
        raise InvalidInput.of("file", "missing_file", _("Choose the file that you filled in."))
    if file.size == 0:
        raise InvalidInput.of("file", "empty_file", _("The file is empty."))
    if file.size > settings.IMPORT_MAX_BYTES:
        raise InvalidInput.of(
            "file",
            "file_too_large",
            _("The file has %(size)s; %(most)s is the most.")
            % {
                "size": filesizeformat(file.size),
                "most": filesizeformat(settings.IMPORT_MAX_BYTES),
            },
        )
    if ImportRun.objects.filter(by=by, status__in=UNSAVED).count() >= MOST_WAITING:
        raise DomainError(
            _("%(n)s sheets of yours wait to be confirmed. Confirm or cancel one of them first.")
            % {"n": MOST_WAITING},
            "too_many_imports",
        )
    run = ImportRun(
        plan=plan,
        by=by,
        name=PurePath(str(file.name).replace("\\", "/")).name[:200],
        language=translation.get_language() or settings.LANGUAGE_CODE,
    )
    run.file.save("", file, save=False)
    run.save()
    record_activity(by=by, verb="sent a sheet", targets=[run])
    _wake_up(run)
    return run


def read_sheet(run_id: UUID) -> None:
    """Read a sheet and keep what it says beside what is stored; what was read before is read anew.

    A file that cannot be read is refused as a whole, with a reason.
    """
    run = _taken_up(run_id, ImportStatus.UPLOADED, ImportStatus.READING)
    if run is None:
        return
    attempt = run.attempts
    with translation.override(run.language):
        try:
            _read(run, attempt)
        except InvalidInput as error:
            _end_reading(
                run,
                attempt,
                status=ImportStatus.REFUSED,
                refusal=str(error.message)[:300],
                refusal_code=error.code,
                ended_at=timezone.now(),
            )


def _taken_up(run_id: UUID, *statuses: ImportStatus) -> ImportRun | None:
    """A run that still has to be worked on, as its worker takes it up."""
    with transaction.atomic():
        run = (
            ImportRun.objects.select_for_update(of=("self",))
            .select_related("plan", "by")
            .filter(pk=run_id, status__in=statuses)
            .first()
        )
        if run is None:
            return None
        run.attempts += 1
        run.touched_at = timezone.now()
        if run.status == ImportStatus.UPLOADED:
            run.status = ImportStatus.READING
        if run.status == ImportStatus.READING:
            run.rows.all().delete()
            run.rows_read = 0
        run.save(update_fields=["attempts", "touched_at", "status", "rows_read"])
    return run


def _read(run: ImportRun, attempt: int) -> None:
    from projects.sheets.columns import READ
    from projects.sheets.reading import read_rows
    from projects.sheets.staging import gather, staged

    columns: dict[str, int] = {}
    with run.file.open("rb") as file:

        def noted() -> Iterable[Any]:
            for number, row in enumerate(read_rows(file, name=run.name, keys=READ), 1):
                columns.update(row.columns)
                if number % ROWS_BETWEEN_SIGNS == 0:
                    _touch(run, rows_read=number)
                yield row

        given = gather(noted())
    if not given:
        raise InvalidInput.of("file", "nothing_in_it", _("The sheet has no rows with results."))
    rest = iter(given)
    while some := list(islice(rest, READ_AT_ONCE)):
        with transaction.atomic():
            if not _is_mine(run, attempt):
                return
            ImportRow.objects.bulk_create(staged(run, some))
            _touch(run)
    _end_reading(run, attempt, status=ImportStatus.READY, columns=columns)


def _is_mine(run: ImportRun, attempt: int) -> bool:
    """Whether nobody cancelled the run or took it up since; it is locked until the commit."""
    held = ImportRun.objects.select_for_update().filter(
        pk=run.pk, status=ImportStatus.READING, attempts=attempt
    )
    return held.first() is not None


def _touch(run: ImportRun, **fields: Any) -> None:
    ImportRun.objects.filter(pk=run.pk).update(touched_at=timezone.now(), **fields)


@transaction.atomic
def _end_reading(run: ImportRun, attempt: int, **fields: Any) -> None:
    if not _is_mine(run, attempt):
        return
    counted = run.rows.order_by().values_list("kind").annotate(n=Count("pk"))
    _touch(run, counts=dict(counted), attempts=0, file="", **fields)
    _drop_file(run)


def _drop_file(run: ImportRun) -> None:
    """Take the file away once its row no longer names it."""
    if name := str(run.file.name or ""):
        transaction.on_commit(lambda: default_storage.delete(name), robust=True)


@transaction.atomic
def confirm_import(
    *, run: ImportRun, by: User, submits: bool, mine: Sequence[int] = (), all_mine: bool = False
) -> ImportRun:
    """Save what the sheet says: a job does it, result by result, and submits them if asked.

    New and changed results are saved; of those that somebody else changed too, the ones in
    `mine` (ids of their rows), or all. What is refused stays out. Raises `wrong_status`,
    `nothing_to_save` and `not_allowed`.
    """
    held = _held(run, by)
    if held.status != ImportStatus.READY:
        raise DomainError(
            _("This sheet is “%(status)s”; it cannot be confirmed now.")
            % {"status": held.get_status_display()},
            "wrong_status",
        )
    conflicts = held.rows.filter(kind=RowKind.CONFLICT, result__status__in=EDITABLE)
    if not all_mine:
        conflicts = conflicts.filter(pk__in=mine)
    conflicts.update(is_mine=True)
    if not (_to_save(held).exists() or (submits and _to_submit(held).exists())):
        raise DomainError(
            _("There is nothing to save: nothing in the sheet is new or changed."),
            "nothing_to_save",
        )
    held.status, held.submits = ImportStatus.SAVING, submits
    held.confirmed_at = held.touched_at = timezone.now()
    held.save(update_fields=["status", "submits", "confirmed_at", "touched_at"])
    record_activity(by=by, verb="confirmed a sheet", targets=[held])
    _wake_up(held)
    return held


@transaction.atomic
def cancel_import(*, run: ImportRun, by: User) -> ImportRun:
    """Put a sheet aside before it is confirmed; nothing of it is saved.

    Raises `wrong_status` and `not_allowed`.
    """
    held = _held(run, by)
    if held.status not in UNSAVED:
        raise DomainError(
            _("This sheet is “%(status)s”; it cannot be cancelled now.")
            % {"status": held.get_status_display()},
            "wrong_status",
        )
    _put_aside(held, ImportStatus.CANCELLED)
    record_activity(by=by, verb="cancelled a sheet", targets=[held])
    return held


def _held(run: ImportRun, by: User) -> ImportRun:
    """A run of one's own, locked."""
    held = ImportRun.objects.select_for_update().get(pk=run.pk)
    if held.by_id != by.pk:
        raise NotAllowed(_("Only who sent a sheet decides on it."))
    return held


def _put_aside(run: ImportRun, status: ImportStatus) -> None:
    _drop_file(run)
    run.rows.all().delete()
    run.status, run.ended_at, run.file = status, timezone.now(), ""
    run.save(update_fields=["status", "ended_at", "file"])


def _to_save(run: ImportRun) -> Any:
    """Rows that are saved on confirming and are not yet."""
    wanted = Q(kind__in=(RowKind.NEW, RowKind.CHANGED)) | Q(kind=RowKind.CONFLICT, is_mine=True)
    return run.rows.filter(wanted, outcome=RowOutcome.OPEN)


def _to_submit(run: ImportRun) -> Any:
    """Rows whose draft is submitted and is not yet: what was saved, and what needed no saving."""
    return run.rows.filter(
        Q(outcome=RowOutcome.SAVED)
        | Q(kind=RowKind.UNCHANGED, outcome=RowOutcome.OPEN, result__status__in=EDITABLE)
    )


def save_sheet(run_id: UUID, *, turn: float = LONGEST_TURN) -> None:
    """Save, and if asked submit, what a confirmed sheet says, a hundred results at a time.

    After its turn (in seconds) it lets other jobs go first.
    """
    run = _taken_up(run_id, ImportStatus.SAVING)
    if run is None:
        return
    began = time.monotonic()
    with translation.override(run.language):
        while _save_some(run):
            if time.monotonic() - began > turn:
                with transaction.atomic():
                    _wake_up(run)
                return


@transaction.atomic
def _save_some(run: ImportRun) -> bool:
    """Save or submit the next results; whether anything was left to do."""
    held = ImportRun.objects.select_for_update().filter(pk=run.pk, status=ImportStatus.SAVING)
    if held.first() is None:
        return False
    parts: list[tuple[Any, Callable[[list[ImportRow]], None], str, str]] = [
        (_to_save(run), _Saving(run).save, RowOutcome.SAVED, RowOutcome.NOT_SAVED)
    ]
    if run.submits:
        parts.append(
            (_to_submit(run), _Saving(run).submit, RowOutcome.SUBMITTED, RowOutcome.NOT_SUBMITTED)
        )
    for waiting, act, done, refused in parts:
        rows = list(
            waiting.order_by("position").select_related(
                *("period__plan", "line__project__office", "line__project__plan"),
                *("line__indicator__plan", "line__country", "line__city", "result"),
            )[:SAVED_AT_ONCE]
        )
        if rows:
            for row in rows:
                row.run, row.outcome = run, done
            # At once and in the order of every other action: `_each` takes them in pieces.
            list(
                ProjectIndicator.objects.select_for_update()
                .filter(pk__in={row.line_id for row in rows})
                .order_by("pk")
                .values_list("pk")
            )
            _each(rows, act, refused)
            ImportRow.objects.bulk_update(rows, ["outcome", "problems", "result"])
            _touch(run, attempts=0)
            return True
    _touch(run, counts=_counts(run), status=ImportStatus.DONE, ended_at=timezone.now())
    return False


def _counts(run: ImportRun) -> dict[str, int]:
    """How many results a sheet has of each kind, and what became of how many."""
    outcomes = run.rows.order_by().exclude(outcome=RowOutcome.OPEN)
    return {**run.counts, **dict(outcomes.values_list("outcome").annotate(n=Count("pk")))}


def _each(rows: list[ImportRow], act: Callable[[list[ImportRow]], None], refused: str) -> None:
    """Do something to all rows; those that are refused are told, and it is done to the others."""
    from projects.sheets.staging import as_problem

    def refuse(row: ImportRow, problems: Iterable[Problem]) -> None:
        row.outcome = refused
        row.problems = [*row.problems, *(as_problem(one, row) for one in problems)]

    if not rows:
        return
    try:
        with transaction.atomic():
            act(rows)
    except InvalidInput as error:
        wrong: dict[int, list[Problem]] = {}
        for problem in error.problems:
            wrong.setdefault(problem.row, []).append(problem)
        for number, problems in wrong.items():
            refuse(rows[number], problems)
        _each([row for at, row in enumerate(rows) if at not in wrong], act, refused)
    except DomainError as error:
        if len(rows) == 1:
            refuse(rows[0], [Problem("", error.code, str(error.message))])
            return
        middle = len(rows) // 2
        _each(rows[:middle], act, refused)
        _each(rows[middle:], act, refused)


class _Saving:
    """What is done to rows of a sheet, through the same actions as from every other way in."""

    def __init__(self, run: ImportRun) -> None:
        self.run, self.by = run, run.by

    def save(self, rows: list[ImportRow]) -> None:
        """Save them as drafts, with the links that stand behind them."""
        saved = save_results(entries=self._entries(rows), by=self.by)
        for number, (row, result) in enumerate(zip(rows, saved, strict=True)):
            if link := row.given["link"]:
                self._add_link(result, link, number)
        for row, result in zip(rows, saved, strict=True):
            row.result = result

    def _entries(self, rows: list[ImportRow]) -> list[ResultInput]:
        from projects.sheets.content import Content
        from projects.sheets.staging import known_things, standing_results

        said = [Content.from_json(row.given["content"]) for row in rows]
        lines = [row.line for row in rows if row.line]
        things = known_things(
            self.run.plan,
            ((line.indicator, one.names) for line, one in zip(lines, said, strict=True)),
        )
        drafts = {
            (result.line_id, result.period_id): result
            for result in standing_results(
                {line.pk for line in lines}, {row.period_id or 0 for row in rows}
            )
            if result.status in EDITABLE
        }
        return [
            content.entry(
                row.line,
                row.period,
                version=row.version,
                draft=drafts.get((row.line.pk, row.period.pk)),
                things=things,
            )
            for row, content in zip(rows, said, strict=True)
            if row.line and row.period
        ]

    def _add_link(self, result: Result, link: str, number: int) -> None:
        try:
            add_evidence(to=result, kind=EvidenceKind.LINK, title="", url=link, by=self.by)
        except InvalidInput as error:
            if error.code != "duplicate_evidence":
                raise InvalidInput(
                    [Problem(one.field, one.code, one.message, number) for one in error.problems]
                ) from error

    def submit(self, rows: list[ImportRow]) -> None:
        """Submit their drafts."""
        drafts: list[Result] = [row.result for row in rows if row.result]
        submit(rows=drafts, by=self.by)


def sweep_imports(now: datetime | None = None) -> None:
    """Take up jobs that died, put aside what nobody confirmed, forget what is long done."""
    moment = now or timezone.now()
    dead = ImportRun.objects.filter(status__in=IN_WORK, touched_at__lt=moment - DEAD_AFTER)
    for run in dead:
        if run.attempts >= MOST_ATTEMPTS:
            log.error("import_failed", run=str(run.pk), status=run.status)
            with transaction.atomic():
                _drop_file(run)
                dead.filter(pk=run.pk).update(
                    status=ImportStatus.FAILED, ended_at=moment, file="", counts=_counts(run)
                )
        else:
            _wake_up(run)
    for run in ImportRun.objects.filter(
        status=ImportStatus.READY, touched_at__lt=moment - CONFIRMED_WITHIN
    ):
        with transaction.atomic():
            held = ImportRun.objects.select_for_update().get(pk=run.pk)
            if held.status == ImportStatus.READY:
                _put_aside(held, ImportStatus.EXPIRED)
    ImportRow.objects.filter(run__ended_at__lt=moment - KEPT_FOR).delete()


def _wake_up(run: ImportRun) -> None:
    """Tell a worker, after commit; a lost message is made up for by the sweep."""
    from projects.tasks import read_sheet as reading
    from projects.tasks import save_sheet as saving

    job = saving if run.status == ImportStatus.SAVING else reading
    transaction.on_commit(lambda: job.apply_async([str(run.pk)], retry=False), robust=True)
