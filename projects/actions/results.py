"""Results through their workflow: entered, submitted, verified, returned, approved, withdrawn.

Every action takes many rows, checks them as a set and changes all or none. Every way in
(page, API, import, loading a document) calls the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, VersionConflict
from outcomes.actions import get_thing
from outcomes.choices import Kind, State
from outcomes.models import Thing
from plans.models import ReportingPeriod
from projects import permissions
from projects.choices import EDITABLE, OPEN, PENDING, Status
from projects.models import Note, ProjectIndicator, Result, ResultCell, Reviewed

from .checks import Checked, Checker, ResultInput
from .posting import sync_ledger


def check_period(period: ReportingPeriod) -> None:
    """Refuse a period that is closed (`period_closed`) or not begun (`period_not_begun`)."""
    if period.is_closed:
        raise DomainError(
            _("%(period)s is closed; a manager at headquarters can open it again.")
            % {"period": period},
            "period_closed",
        )
    if not period.has_begun():
        raise DomainError(
            _("%(period)s begins on %(day)s; nothing can be entered before.")
            % {"period": period, "day": period.start},
            "period_not_begun",
        )


@transaction.atomic
def save_results(*, entries: Iterable[ResultInput], by: User) -> list[Result]:
    """Store what was entered, as drafts.

    A draft or returned revision is changed; beside an approved one a correction begins. All
    entries are stored or none. Raises `InvalidInput` naming each field and row,
    `VersionConflict` where somebody else changed the revision, `already_submitted`,
    `period_closed`, `period_not_begun` and `not_allowed`.
    """
    asked = list(entries)
    for entry in asked:
        if not permissions.can_report(by, entry.line.project):
            raise NotAllowed(_("Only a reporter of this project's office may enter its results."))
    list(
        ProjectIndicator.objects.select_for_update()
        .filter(pk__in={entry.line.pk for entry in asked})
        .order_by("pk")
    )
    for period in _periods([entry.period.pk for entry in asked]):
        check_period(period)
    found = _current([(entry.line.pk, entry.period.pk) for entry in asked])
    for entry in asked:
        _check_version(entry, found.get((entry.line.pk, entry.period.pk), []))
    stored = []
    for entry, checked in zip(asked, Checker(asked).check(), strict=True):
        revisions = found.get((entry.line.pk, entry.period.pk), [])
        stored.append(_store(entry, checked, revisions, by))
    return stored


def _periods(ids: Iterable[int]) -> list[ReportingPeriod]:
    """The periods, locked against being closed at the same moment."""
    return list(ReportingPeriod.objects.select_for_update().filter(pk__in=set(ids)).order_by("pk"))


def _current(places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[Result]]:
    """Every revision by line and period, the latest last."""
    found: dict[tuple[int, int], list[Result]] = {}
    wanted = set(places)
    for result in Result.objects.filter(
        line__in={line for line, _period in wanted},
        period__in={period for _line, period in wanted},
    ).order_by("revision"):
        if (result.line_id, result.period_id) in wanted:
            found.setdefault((result.line_id, result.period_id), []).append(result)
    return found


def _check_version(entry: ResultInput, revisions: list[Result]) -> None:
    current = next((row for row in revisions if row.status in OPEN), None)
    if current and current.status in PENDING:
        raise DomainError(
            _("This result is submitted; recall it first to change it."), "already_submitted"
        )
    if entry.version is None:
        return
    seen = current.version if current else 0
    if entry.version != seen:
        raise VersionConflict(
            _("%(who)s changed this result meanwhile. Your text is kept; compare and save again.")
            % {"who": (current.entered_by if current else _("Somebody"))}
        )


def _store(entry: ResultInput, checked: Checked, revisions: list[Result], by: User) -> Result:
    now = timezone.now()
    current = next((row for row in revisions if row.status in OPEN), None)
    if current is None:
        approved = next((row for row in revisions if row.status == Status.APPROVED), None)
        current = Result(
            line=entry.line,
            period=entry.period,
            revision=revisions[-1].revision + 1 if revisions else 1,
            corrects=approved,
            entered_by=by,
            version=0,
        )
        verb = "began correction" if approved else "entered"
    else:
        verb = "changed"
    current.line, current.period = entry.line, entry.period
    for name, value in checked.values.items():
        setattr(current, name, value)
    current.version += 1
    current.changed_at = now
    current.save()
    current.authors.add(by)
    if verb == "changed":
        current.cells.all().delete()
    ResultCell.objects.bulk_create(
        ResultCell(
            result=current,
            category=cell.category,
            value=cell.value,
            numerator=cell.numerator,
            denominator=cell.denominator,
        )
        for cell in checked.cells
    )
    if verb == "changed" or checked.things:
        current.things.set(_things(entry, checked.things))
    if verb == "changed" or checked.credits:
        current.credits.set(checked.credits)
    record_activity(by=by, verb=verb, targets=[current])
    return current


def _things(entry: ResultInput, listed: list[Thing | str]) -> list[Thing]:
    """Things as listed; a name that is new becomes a thing of the indicator's kind."""
    indicator = entry.line.indicator
    kind = indicator.thing_kind or indicator.code
    things = []
    for thing in listed:
        if isinstance(thing, str):
            name = " ".join(thing.split())
            key = slugify(name, allow_unicode=True)[:120] or name[:120]
            thing = get_thing(plan=indicator.plan, kind=kind, key=key, name={"en": name})
        things.append(thing)
    return things


def _locked(rows: Iterable[Reviewed]) -> list[Any]:
    """The rows as they are now, locked in one order, with what the rules ask for."""
    asked = list(rows)
    if not asked:
        return []
    model = type(asked[0])
    ids = [row.pk for row in asked]
    paths = (
        ("line__project__office", "line__project__plan", "line__indicator", "line__contributor")
        if model is Result
        else ("project__office", "project__plan")
    )
    if model is Result:
        list(
            ProjectIndicator.objects.select_for_update()
            .filter(pk__in={row.line_id for row in asked})  # type: ignore[attr-defined]
            .order_by("pk")
        )
    list(model._default_manager.select_for_update().filter(pk__in=ids).order_by("pk"))
    return list(
        model._default_manager.filter(pk__in=ids)
        .select_related("period", *paths)
        .prefetch_related("authors")
        .order_by("pk")
    )


def _move(
    rows: Iterable[Reviewed],
    *,
    by: User,
    to: str,
    verb: str,
    before: tuple[str, ...],
    allowed: Callable[[User, Any], bool],
    not_allowed: str,
    reason: str = "",
    version: int | None = None,
    **stamp: Any,
) -> list[Any]:
    """Move rows to a status: check period, version, status and permission, stamp and record."""
    moved = _locked(rows)
    for period in _periods(row.period_id for row in moved):
        check_period(period)
    for row in moved:
        if version is not None and row.version != version:
            raise VersionConflict(_("Somebody changed this meanwhile; look at it again."))
        if row.status not in before:
            raise DomainError(
                _("%(what)s is “%(status)s”; this cannot be done to it now.")
                % {"what": row, "status": row.get_status_display()},
                "wrong_status",
            )
        if not allowed(by, permissions.project_of(row)):
            raise NotAllowed(not_allowed)
    now = timezone.now()
    for row in moved:
        row.status = to
        row.version += 1
        row.changed_at = now
        for name, value in stamp.items():
            setattr(row, name, now if value == "now" else value)
    if moved:
        type(moved[0])._default_manager.bulk_update(
            moved, ["status", "version", "changed_at", *stamp]
        )
    record_activity(by=by, verb=verb, targets=moved, reason=reason)
    return moved


def _sync(moved: list[Any], by: User, reason: str = "") -> None:
    """Bring the ledger in step, plan by plan; notes have no numbers."""
    results = [row for row in moved if isinstance(row, Result)]
    for plan in {row.line.project.plan for row in results}:
        sync_ledger(
            plan=plan,
            touched=[row for row in results if row.line.project.plan_id == plan.pk],
            by=by,
            reason=reason,
        )


def _check_complete(results: Iterable[Any]) -> None:
    """A reported result that is submitted has a value."""
    problems = []
    for row, result in enumerate(results):
        if not isinstance(result, Result) or result.state != State.REPORTED:
            continue
        kind = result.line.indicator.kind
        empty = {
            Kind.QUANTITY: result.value is None,
            Kind.PERCENTAGE: result.numerator is None or result.denominator is None,
            Kind.RATING: result.rating_id is None,
            Kind.DISTINCT: result.unnamed is None and not result.things.exists(),
        }[Kind(kind)]
        if empty:
            problems.append(
                Problem(
                    "value",
                    "missing_value",
                    _("Enter a value, or say that it is not available or not applicable."),
                    row,
                )
            )
    if problems:
        raise InvalidInput(problems)


_NOT_REPORTER = "Only a reporter of this project's office may do this."
_NOT_REVIEWER = "Only a reviewer of this project's office, or of one above it, may do this."


@transaction.atomic
def submit(*, rows: Iterable[Reviewed], by: User, version: int | None = None) -> list[Any]:
    """Send drafts for review; from now on they count on the provisional basis."""
    moved = _move(
        rows,
        by=by,
        to=Status.SUBMITTED,
        verb="submitted",
        before=EDITABLE,
        allowed=permissions.can_report,
        not_allowed=_(_NOT_REPORTER),
        version=version,
        submitted_by=by,
        submitted_at="now",
        review_comment="",
    )
    _check_complete(moved)
    for row in moved:
        row.authors.add(by)
    _sync(moved, by)
    return moved


@transaction.atomic
def recall(*, rows: Iterable[Reviewed], by: User, version: int | None = None) -> list[Any]:
    """Take back what was submitted and not decided on; it is a draft again."""
    moved = _move(
        rows,
        by=by,
        to=Status.DRAFT,
        verb="recalled",
        before=PENDING,
        allowed=permissions.can_report,
        not_allowed=_(_NOT_REPORTER),
        version=version,
        submitted_by=None,
        submitted_at=None,
        verified_by=None,
        verified_at=None,
    )
    _sync(moved, by)
    return moved


@transaction.atomic
def send_back(
    *, rows: Iterable[Reviewed], by: User, reason: str, version: int | None = None
) -> list[Any]:
    """Return what was submitted, with the reason; an approved result stands again."""
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say what should be changed."))
    moved = _move(
        rows,
        by=by,
        to=Status.RETURNED,
        verb="returned",
        before=PENDING,
        allowed=permissions.can_review,
        not_allowed=_(_NOT_REVIEWER),
        reason=reason,
        version=version,
        review_comment=reason,
        verified_by=None,
        verified_at=None,
    )
    _sync(moved, by, reason)
    return moved


@transaction.atomic
def verify(*, rows: Iterable[Reviewed], by: User, version: int | None = None) -> list[Any]:
    """The optional first of two review steps; by somebody who is not an author."""
    asked = list(rows)
    _refuse_authors(asked, by)
    return _move(
        asked,
        by=by,
        to=Status.VERIFIED,
        verb="verified",
        before=(Status.SUBMITTED,),
        allowed=permissions.can_review,
        not_allowed=_(_NOT_REVIEWER),
        version=version,
        verified_by=by,
        verified_at="now",
    )


@transaction.atomic
def approve(*, rows: Iterable[Reviewed], by: User, version: int | None = None) -> list[Any]:
    """Approve what was submitted: it counts on both bases, and replaces what it corrects.

    Raises `own_result` where the approver typed, changed or submitted the revision.
    """
    asked = _locked(rows)
    results = [row for row in asked if isinstance(row, Result)]
    if results:
        _supersede(results, by)
    _refuse_authors(asked, by)
    moved = _move(
        asked,
        by=by,
        to=Status.APPROVED,
        verb="approved",
        before=PENDING,
        allowed=permissions.can_review,
        not_allowed=_(_NOT_REVIEWER),
        version=version,
        approved_by=by,
        approved_at="now",
    )
    _sync(moved, by, "approved")
    return moved


def _supersede(results: list[Result], by: User) -> None:
    """The approved revisions that the pending ones replace."""
    places = {(row.line_id, row.period_id) for row in results if row.status in PENDING}
    old = [
        row
        for row in Result.objects.filter(
            status=Status.APPROVED,
            line__in={place[0] for place in places},
            period__in={place[1] for place in places},
        )
        if (row.line_id, row.period_id) in places
    ]
    for row in old:
        row.status = Status.SUPERSEDED
        row.version += 1
        row.changed_at = timezone.now()
    Result.objects.bulk_update(old, ["status", "version", "changed_at"])
    record_activity(by=by, verb="superseded", targets=old)


def _refuse_authors(rows: Iterable[Reviewed], by: User) -> None:
    for row in rows:
        if permissions.is_author(by, row):
            raise NotAllowed(
                _("You entered or submitted this; somebody else has to review it."), "own_result"
            )


@transaction.atomic
def withdraw(
    *, rows: Iterable[Reviewed], by: User, reason: str, version: int | None = None
) -> list[Any]:
    """Withdraw a revision: a pending correction leaves the approved result standing.

    An approved one leaves both bases without a value; while a correction of it is open it
    cannot be withdrawn (`correction_open`).
    """
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why it is withdrawn."))
    asked = _locked(rows)
    approved = [row for row in asked if row.status == Status.APPROVED]
    if any(
        isinstance(row, Result) and row.corrections.filter(status__in=OPEN).exists()
        for row in approved
    ):
        raise DomainError(
            _("A correction of this result is open; withdraw that first."), "correction_open"
        )

    def allowed(user: User, project: Any) -> bool:
        if permissions.can_review(user, project):
            return True
        return not approved and permissions.can_report(user, project)

    moved = _move(
        asked,
        by=by,
        to=Status.WITHDRAWN,
        verb="withdrawn",
        before=(*OPEN, Status.APPROVED),
        allowed=allowed,
        not_allowed=_(_NOT_REVIEWER),
        reason=reason,
        version=version,
        review_comment=reason,
    )
    _sync(moved, by, reason)
    return moved


@transaction.atomic
def save_note(*, by: User, project: Any, key: str, period: ReportingPeriod, **content: Any) -> Note:
    """Keep a statement that no indicator takes up, as a draft of its own."""
    if not permissions.can_report(by, project):
        raise NotAllowed(_(_NOT_REPORTER))
    for locked in _periods([period.pk]):
        check_period(locked)
    note = Note.objects.select_for_update().filter(project=project, key=key).first()
    if note and note.status not in EDITABLE:
        raise DomainError(_("This note is submitted; recall it first."), "already_submitted")
    if note is None:
        note = Note(project=project, key=key, period=period, entered_by=by, version=0)
    for name, value in content.items():
        setattr(note, name, value)
    note.period = period
    note.version += 1
    note.changed_at = timezone.now()
    note.save()
    note.authors.add(by)
    record_activity(by=by, verb="entered", targets=[note])
    return note
