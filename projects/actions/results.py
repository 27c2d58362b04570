"""Results through their workflow: entered, submitted, verified, returned, approved, withdrawn.

Every action takes many rows, checks them as a set and changes all or none. Every way in
(page, API, import, loading a document) calls the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes, Told, snapshot, text_of
from habitat_tracker.accounts.models import Country, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, VersionConflict
from habitat_tracker.wording import said_day
from outcomes.actions import get_thing
from outcomes.choices import EvidenceRule, Kind, State
from outcomes.models import Thing, VerificationMeans
from plans.models import ReportingPeriod
from projects import permissions
from projects.choices import EDITABLE, OPEN, PENDING, Status
from projects.models import (
    Evidence,
    LateEntry,
    Note,
    ProjectIndicator,
    Result,
    ResultCell,
    Reviewed,
)
from projects.schedule import standing

from .carried import carry_along
from .checks import Checked, Checker, ResultInput
from .posting import sync_ledger
from .register import read_counts, with_counts

Version = int | Mapping[int, int] | None


Places = Iterable[tuple[int, int]]


def check_periods(places: Places) -> dict[tuple[int, int], int]:
    """Refuse closed periods (`period_closed`) and those that have not begun (`period_not_begun`).

    `places` are (project, period) ids. A closed period takes what a late entry lets in: returns
    the late entry of each such place. Periods and late entries stay as they are until the
    transaction ends.
    """
    asked = set(places)
    closed = set()
    for period in _shared_lock(ReportingPeriod, {period for _project, period in asked}):
        if not period.has_begun():
            raise DomainError(
                _("%(period)s begins on %(day)s; nothing can be entered before.")
                % {"period": period, "day": said_day(period.start)},
                "period_not_begun",
            )
        if period.is_closed:
            closed |= {(place, period) for place in asked if place[1] == period.pk}
    if not closed:
        return {}
    standing = LateEntry.objects.in_force(timezone.localdate()).filter(
        project__in={place[0] for place, _period in closed},
        period__in={place[1] for place, _period in closed},
    )
    late = {}
    periods = {period.pk: period for _place, period in closed}
    for entry in _shared_lock(LateEntry, set(standing.values_list("pk", flat=True))):
        entry.period = periods[entry.period_id]
        if entry.is_in_force:
            late[(entry.project_id, entry.period_id)] = entry.pk
    for place, period in closed:
        if place not in late:
            raise DomainError(
                _(
                    "%(period)s is closed; a manager at headquarters can open it again, or let "
                    "this project report late."
                )
                % {"period": period},
                "period_closed",
            )
    return late


def _shared_lock(model: type[Any], ids: set[int]) -> list[Any]:
    """Rows that nobody changes until the transaction ends.

    The lock is shared: writers wait for a manager who closes the period or ends the late entry,
    never for each other.
    """
    if connection.vendor == "postgresql" and ids:
        table = connection.ops.quote_name(model._meta.db_table)
        return list(
            model._default_manager.raw(
                f"SELECT * FROM {table} WHERE id = ANY(%s) ORDER BY id FOR SHARE", [sorted(ids)]
            )
        )
    return list(model._default_manager.filter(pk__in=ids).order_by("pk"))


def _place(row: Reviewed) -> tuple[int, int]:
    """The project and the period of a result or a note."""
    return permissions.project_of(row).pk, row.period_id


@transaction.atomic
def save_results(*, entries: Iterable[ResultInput], by: User) -> list[Result]:
    """Store what was entered, as drafts.

    A draft or returned revision is changed; beside an approved one a correction begins, for
    which the entry says why. All entries are stored or none. Raises `InvalidInput` naming each
    field and row, `VersionConflict` where somebody else changed the revision,
    `already_submitted`, `period_closed`, `period_not_begun` and `not_allowed`. Where an indicator
    counts from the register of deliverables the number comes from there; a typed one is refused
    (`counted_from_register`).
    """
    asked = list(entries)
    if len({(entry.line.pk, entry.period.pk) for entry in asked}) < len(asked):
        raise DomainError(
            _("The same line and period are there twice; keep one of them."), "duplicate_entry"
        )
    for entry in asked:
        if not permissions.can_report(by, entry.line.project):
            raise NotAllowed(_("Only a reporter of this project's office may enter its results."))
    list(
        ProjectIndicator.objects.select_for_update()
        .filter(pk__in={entry.line.pk for entry in asked})
        .order_by("pk")
    )
    late = check_periods((entry.line.project_id, entry.period.pk) for entry in asked)
    asked = with_counts(asked)
    found = _current([(entry.line.pk, entry.period.pk) for entry in asked])
    for entry in asked:
        _check_version(entry, found.get((entry.line.pk, entry.period.pk), []))
    _check_reasons(asked, found)
    return _store(asked, Checker(asked).check(), found, late, by)


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
    current, _approved = standing(revisions)
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
            % {"who": (current.changed_by if current else _("Somebody"))}
        )


def _check_reasons(
    entries: Sequence[ResultInput], found: dict[tuple[int, int], list[Result]]
) -> None:
    """Who begins to correct what is approved says why."""
    problems = []
    for row, entry in enumerate(entries):
        working, approved = standing(found.get((entry.line.pk, entry.period.pk), []))
        if approved and not working and not entry.reason.strip():
            problems.append(
                Problem(
                    "reason", "missing_reason", _("Say why the approved result is corrected."), row
                )
            )
    if problems:
        raise InvalidInput(problems)


def _store(
    entries: Sequence[ResultInput],
    checked: Sequence[Checked],
    found: dict[tuple[int, int], list[Result]],
    late: dict[tuple[int, int], int],
    by: User,
) -> list[Result]:
    """Write the checked entries as a set: a fixed number of statements, however many they are."""
    now = timezone.now()
    stored: list[Result] = []
    verbs: dict[str, list[Result]] = {}
    before = _Content(row for rows in found.values() for row in rows if row.status in OPEN)
    for entry, content in zip(entries, checked, strict=True):
        result, verb = _revision(entry, found.get((entry.line.pk, entry.period.pk), []), by)
        for name, value in content.values.items():
            setattr(result, name, value)
        result.version += 1
        result.changed_at, result.changed_by = now, by
        result.late_entry_id = late.get((entry.line.project_id, entry.period.pk))
        stored.append(result)
        verbs.setdefault(verb, []).append(result)
    changed = verbs.get("changed", [])
    Result.objects.bulk_create(result for result in stored if result.pk is None)
    if changed:
        Result.objects.bulk_update(
            changed, [*checked[0].values, "version", "changed_at", "changed_by", "late_entry"]
        )
    _store_parts(entries, stored, checked, changed, by)
    carried = carry_along(verbs.get(_BEGAN, []))
    remember_author(stored, by)
    told = before.told(stored, carried)
    for verb, results in verbs.items():
        reasons = [result.correction_reason if verb == _BEGAN else "" for result in results]
        record_activity(by=by, verb=verb, targets=list(results), reason=reasons, changes=told)
    return stored


class _Content:
    """What revisions say before they are written, to be told beside what they say after.

    A fixed number of queries, however many revisions they are.
    """

    def __init__(self, rows: Iterable[Result]) -> None:
        held = list(rows)
        self.fields = snapshot(held, many=("things", "credits"))
        self.cells = _cells_of(held)

    def told(
        self, rows: Sequence[Result], carried: Mapping[int, Changes] | None = None
    ) -> dict[Any, Changes]:
        """What differs, by revision; `carried` is what came along to corrections."""
        cells, parts = _cells_of(rows), {}
        for row in rows:
            was, now = self.cells.get(row.pk, {}), cells.get(row.pk, {})
            part: Changes = {
                f"cells.{code}": [was.get(code), now.get(code)]
                for code in {**was, **now}
                if was.get(code) != now.get(code)
            }
            parts[row.pk] = part | (carried or {}).get(row.pk, {})
        return self.fields.told(rows, parts)


def _cells_of(rows: Sequence[Result]) -> dict[int, dict[str, Told]]:
    """The parts of results by category, as text; a percentage's as "part/whole"."""
    found: dict[int, dict[str, Told]] = {}
    if rows:
        for cell in ResultCell.objects.filter(result__in=rows).select_related("category"):
            number = text_of(cell.value)
            if cell.denominator is not None:
                number = f"{text_of(cell.numerator)}/{text_of(cell.denominator)}"
            found.setdefault(cell.result_id, {})[cell.category.code] = number
    return found


# What beginning a correction is called in the history.
_BEGAN = "began correction"


@transaction.atomic
def begin_correction(*, result: Result, reason: str, by: User) -> Result:
    """Begin to correct an approved result: a draft with its content, evidence and co-delivery.

    The approved revision stands until the correction is approved. Raises `missing_reason`,
    `wrong_status`, `correction_open`, `period_closed` and `not_allowed`.
    """
    if not permissions.can_report(by, result.line.project):
        raise NotAllowed(_(_NOT_REPORTER))
    if not reason.strip():
        raise InvalidInput.of(
            "reason", "missing_reason", _("Say why the approved result is corrected.")
        )
    [held] = _locked([result])
    late = check_periods([_place(held)])
    if held.status != Status.APPROVED:
        raise _wrong_status(held)
    revisions = _current([(held.line_id, held.period_id)])[(held.line_id, held.period_id)]
    working, _approved = standing(revisions)
    if working:
        raise DomainError(_("A correction of this result is open already."), "correction_open")
    draft = _new_revision(held.line, held.period, revisions, reason, by)
    for name in _SAID:
        setattr(draft, name, getattr(held, name))
    draft.version, draft.changed_at, draft.changed_by = 1, timezone.now(), by
    draft.late_entry_id = late.get(_place(held))
    draft.save()
    cells = list(held.cells.all())
    for cell in cells:
        cell.pk, cell._state.adding, cell.result = None, True, draft
    ResultCell.objects.bulk_create(cells)
    carried = carry_along([draft])
    draft.things.set(held.things.all())
    draft.credits.set(held.credits.all())
    remember_author([draft], by)
    record_activity(
        by=by,
        verb=_BEGAN,
        targets=[draft],
        reason=draft.correction_reason,
        changes=_Content([]).told([draft], carried),
    )
    return draft


# What a result says, its cells, things and credits apart.
_SAID = (
    *("state", "value", "numerator", "denominator", "unnamed", "rating", "qualifier"),
    *("narrative", "window_start", "window_end"),
)


def _revision(entry: ResultInput, revisions: list[Result], by: User) -> tuple[Result, str]:
    """The revision that an entry goes into, and what the act is called."""
    working, _approved = standing(revisions)
    if working is not None:
        working.line, working.period = entry.line, entry.period
        return working, "changed"
    result = _new_revision(entry.line, entry.period, revisions, entry.reason, by)
    return result, _BEGAN if result.corrects_id else "entered"


def _new_revision(
    line: ProjectIndicator,
    period: ReportingPeriod,
    revisions: Sequence[Result],
    reason: str,
    by: User,
) -> Result:
    """The revision after these, empty and not stored; beside an approved one it corrects that."""
    _working, approved = standing(revisions)
    return Result(
        line=line,
        period=period,
        revision=revisions[-1].revision + 1 if revisions else 1,
        corrects=approved,
        correction_reason=reason.strip() if approved else "",
        entered_by=by,
        version=0,
    )


def _store_parts(
    entries: Sequence[ResultInput],
    stored: Sequence[Result],
    checked: Sequence[Checked],
    changed: list[Result],
    by: User,
) -> None:
    """Cells, things and credits as they are now; those of changed revisions go first."""
    listed, credited = Result.things.through, Result.credits.through
    if changed:
        for model in (ResultCell, listed, credited):
            model._default_manager.filter(result__in=changed).delete()
    rows = list(zip(entries, stored, checked, strict=True))
    ResultCell.objects.bulk_create(
        ResultCell(
            result=result,
            category=cell.category,
            value=cell.value,
            numerator=cell.numerator,
            denominator=cell.denominator,
        )
        for _entry, result, content in rows
        for cell in content.cells
    )
    listed._default_manager.bulk_create(
        listed(result_id=result.pk, thing_id=thing.pk)
        for entry, result, content in rows
        for thing in dict.fromkeys(_things(entry, content.things, by))
    )
    credited._default_manager.bulk_create(
        credited(result_id=result.pk, indicator_id=indicator.pk)
        for _entry, result, content in rows
        for indicator in dict.fromkeys(content.credits)
    )


def remember_author(rows: Sequence[Reviewed], by: User) -> None:
    """Remember who typed, changed or submitted these rows, which are of one model."""
    if rows:
        model = type(rows[0])
        through = model.authors.through
        through._default_manager.bulk_create(
            (through(**{f"{model._meta.model_name}_id": row.pk, "user_id": by.pk}) for row in rows),
            ignore_conflicts=True,
        )


def _things(entry: ResultInput, listed: list[Thing | Country | str], by: User) -> list[Thing]:
    """Things as listed; a name that is new becomes a thing of the indicator's kind."""
    indicator = entry.line.indicator
    plan, kind = indicator.plan, indicator.counted
    things = []
    for thing in listed:
        if isinstance(thing, Country):
            thing = get_thing(
                plan=plan, kind=kind, key=thing.iso3, name=dict(thing.name), country=thing, by=by
            )
        elif isinstance(thing, str):
            name = " ".join(thing.split())
            thing = get_thing(
                plan=plan, kind=kind, key=name.casefold()[:120], name={"en": name}, by=by
            )
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
        (
            *("line__project__office", "line__project__plan", "line__indicator"),
            *("line__contributor", "line__country", "line__city"),
        )
        if model is Result
        else ("project__office", "project__plan")
    )
    if model is Result:
        # With the contributors: nobody moves them while the ledger is brought in step.
        list(
            ProjectIndicator.objects.select_for_update(of=("self", "contributor"), no_key=True)
            .select_related("contributor")
            .filter(pk__in={row.line_id for row in asked})  # type: ignore[attr-defined]
            .order_by("pk")
        )
    return list(
        model._default_manager.select_for_update(of=("self",))
        .filter(pk__in=ids)
        .select_related("period", *paths)
        .prefetch_related("authors")
        .order_by("pk")
    )


def hold(rows: Iterable[Any]) -> list[Any]:
    """Rows of one kind as they are now, in the order of their keys, locked.

    Their periods take changes; raises `period_closed`.
    """
    held = _locked(rows)
    check_periods(map(_place, held))
    return held


def hold_drafts(rows: Iterable[Result]) -> list[Result]:
    """Those of the results that are still drafts, locked: a colleague may submit them meanwhile."""
    return [row for row in _locked(rows) if row.status in EDITABLE]


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
    version: Version = None,
    locked: bool = False,
    **stamp: Any,
) -> list[Any]:
    """Move rows to a status: check permission, period, version and status, stamp and record.

    `version` is the one that the person saw: of all rows, or of each by its id. `locked` says
    that the rows come from `_locked` in this transaction.
    """
    moved = list(rows) if locked else _locked(rows)
    _ask_role(moved, by, allowed, not_allowed)
    late = check_periods(_place(row) for row in moved)
    for row in moved:
        seen = version.get(row.pk) if isinstance(version, Mapping) else version
        if seen is not None and row.version != seen:
            raise VersionConflict(
                _("Somebody changed %(what)s meanwhile; look at it again.") % {"what": row}
            )
        if row.status not in before:
            raise _wrong_status(row)
    held = snapshot(moved)
    if to == Status.SUBMITTED:
        _mark_late(moved, late)
    now = timezone.now()
    for row in moved:
        row.status = to
        row.version += 1
        row.changed_at, row.changed_by = now, by
        for name, value in stamp.items():
            setattr(row, name, now if value == "now" else value)
    _write_alike(moved, "status", "changed_at", "changed_by", *stamp)
    record_activity(by=by, verb=verb, targets=moved, reason=reason, changes=held.told(moved))
    return moved


def _ask_role(
    rows: Iterable[Reviewed], by: User, allowed: Callable[[User, Any], bool], not_allowed: str
) -> None:
    """Refuse who may not do something with the projects of all the rows."""
    if not all(allowed(by, permissions.project_of(row)) for row in rows):
        raise NotAllowed(not_allowed)


def _wrong_status(row: Any) -> DomainError:
    return DomainError(
        _("%(what)s is “%(status)s”; this cannot be done to it now.")
        % {"what": row, "status": row.get_status_display()},
        "wrong_status",
    )


def _mark_late(rows: Sequence[Reviewed], late: dict[tuple[int, int], int]) -> None:
    """Mark what is submitted in a closed period with the late entry that lets it in.

    What was entered late and is submitted when its period was opened again is late no more.
    """
    changed: dict[int | None, list[Reviewed]] = {}
    for row in rows:
        entry = late.get(_place(row))
        if row.late_entry_id != entry:
            row.late_entry_id = entry
            changed.setdefault(entry, []).append(row)
    for entry, marked in changed.items():
        type(marked[0])._default_manager.filter(pk__in=[row.pk for row in marked]).update(
            late_entry=entry
        )


def _write_alike(rows: Sequence[Reviewed], *fields: str) -> None:
    """Write fields that have the same new value in all rows, which are locked; version + 1."""
    for start in range(0, len(rows), 500):
        some = rows[start : start + 500]
        type(some[0])._default_manager.filter(pk__in=[row.pk for row in some]).update(
            version=F("version") + 1, **{name: getattr(some[0], name) for name in fields}
        )


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
    """A reported result that is submitted has a value, and the evidence that is asked for.

    One that counts from the register of deliverables says what that says now.
    """
    asked = list(results)
    problems = _missing_evidence(asked) + _overtaken_counts(asked)
    listing = Result.things.through._default_manager.filter(
        result__in=[row.pk for row in asked if isinstance(row, Result)]
    )
    with_things = set(listing.values_list("result_id", flat=True))
    for row, result in enumerate(asked):
        if not isinstance(result, Result) or result.state != State.REPORTED:
            continue
        kind = result.line.indicator.kind
        empty = {
            Kind.QUANTITY: result.value is None,
            Kind.PERCENTAGE: result.numerator is None or result.denominator is None,
            Kind.RATING: result.rating_id is None,
            Kind.DISTINCT: result.unnamed is None and result.pk not in with_things,
        }[Kind(kind)]
        if empty:
            ratio = kind == Kind.PERCENTAGE
            problems.append(
                Problem(
                    "denominator" if ratio else "value",
                    "missing_denominator" if ratio else "missing_value",
                    _("Enter a value, or say that it is not available or not applicable."),
                    row,
                )
            )
    if problems:
        raise InvalidInput(problems)


def _overtaken_counts(rows: Sequence[Any]) -> list[Problem]:
    """Results that no longer say what the register of deliverables says."""
    counting = {
        number: row
        for number, row in enumerate(rows)
        if isinstance(row, Result) and row.line.indicator.counts_from
    }
    register = read_counts((row.line, row.period) for row in counting.values())
    return [
        Problem(
            "value",
            "register_differs",
            _("The register of deliverables says something else now; take its count first."),
            number,
        )
        for number, row in counting.items()
        if not register[(row.line_id, row.period_id)].is_said_by(row)
    ]


def _missing_evidence(rows: Sequence[Any]) -> list[Problem]:
    """What its indicator asks to stand behind each reported result, and does not.

    Behind a count of the register stand the deliverables, each with a link or a symbol.
    """
    asked = {
        row.pk: (number, row.line.indicator)
        for number, row in enumerate(rows)
        if isinstance(row, Result)
        and row.state == State.REPORTED
        and row.line.indicator.evidence_rule != EvidenceRule.NONE
    }
    if not asked:
        return []
    held: dict[int, set[int | None]] = {}
    pieces = Evidence.objects.current().filter(result__in=asked)
    for result_id, means_id in pieces.values_list("result_id", "means_id"):
        held.setdefault(result_id, set()).add(means_id)
    checklists = {
        indicator.pk
        for _number, indicator in asked.values()
        if indicator.evidence_rule == EvidenceRule.CHECKLIST
    }
    wanted: dict[int, list[VerificationMeans]] = {}
    if checklists:
        for means in VerificationMeans.objects.current().filter(indicator__in=checklists):
            wanted.setdefault(means.indicator_id, []).append(means)
    problems = []
    for pk, (number, indicator) in asked.items():
        covered = held.get(pk, set())
        lacking = [str(one) for one in wanted.get(indicator.pk, ()) if one.pk not in covered]
        if lacking:
            text = _("Evidence is missing for: %(means)s.") % {"means": "; ".join(lacking)}
            problems.append(Problem("evidence", "evidence_incomplete", text, number))
        elif pk not in held and not indicator.counts_from:
            text = _("Add what stands behind it: a file, a link or a passage of a document.")
            problems.append(Problem("evidence", "missing_evidence", text, number))
    return problems


_NOT_REPORTER = gettext_noop("Only a reporter of this project's office may do this.")
_NOT_REVIEWER = gettext_noop(
    "Only a reviewer of this project's office, or of one above it, may do this."
)


@transaction.atomic
def submit(*, rows: Iterable[Reviewed], by: User, version: Version = None) -> list[Any]:
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
    remember_author(moved, by)
    _sync(moved, by)
    return moved


@transaction.atomic
def recall(*, rows: Iterable[Reviewed], by: User, version: Version = None) -> list[Any]:
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
    *, rows: Iterable[Reviewed], by: User, reason: str, version: Version = None
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
def verify(*, rows: Iterable[Reviewed], by: User, version: Version = None) -> list[Any]:
    """The first of two review steps: the office says that a result is right.

    By a reviewer who is not an author (`own_result`). Raises `one_step_review` where the plan
    asks for one step only; who is no reviewer is told that first.
    """
    asked = _locked(rows)
    _ask_role(asked, by, permissions.can_review, _(_NOT_REVIEWER))
    _refuse_authors(asked, by)
    if not all(permissions.has_two_steps(row) for row in asked):
        raise DomainError(
            _("In this plan the review has one step: approve the result, or return it."),
            "one_step_review",
        )
    return _move(
        asked,
        by=by,
        to=Status.VERIFIED,
        verb="verified",
        before=(Status.SUBMITTED,),
        allowed=permissions.can_review,
        not_allowed=_(_NOT_REVIEWER),
        version=version,
        locked=True,
        verified_by=by,
        verified_at="now",
    )


@transaction.atomic
def approve(*, rows: Iterable[Reviewed], by: User, version: Version = None) -> list[Any]:
    """Approve what was submitted: it counts on both bases, and replaces what it corrects.

    Where the plan has two steps, headquarters approves what the office has verified. Raises
    `own_result` where the approver typed, changed or submitted the revision, `not_verified`, and
    `own_verification` where the approver did the first step too.
    """
    asked = _locked(rows)
    results = [row for row in asked if isinstance(row, Result)]
    if results:
        _supersede(results, by)
    _refuse_authors(asked, by)
    _check_second_step(asked, by)
    moved = _move(
        asked,
        by=by,
        to=Status.APPROVED,
        verb="approved",
        before=PENDING,
        allowed=permissions.can_review,
        not_allowed=_(_NOT_REVIEWER),
        version=version,
        locked=True,
        approved_by=by,
        approved_at="now",
    )
    _sync(moved, by, "approved")
    return moved


def _check_second_step(rows: Sequence[Any], by: User) -> None:
    """The rules of the second of two steps, where a plan has two."""
    second = [row for row in rows if permissions.has_two_steps(row)]
    if second and not permissions.can_review_at_headquarters(by):
        raise NotAllowed(_("In this plan the office verifies and headquarters approves."))
    for row in second:
        if row.status == Status.SUBMITTED:
            raise DomainError(
                _("%(what)s is not verified yet; its office verifies it first.") % {"what": row},
                "not_verified",
            )
        if row.status == Status.VERIFIED and row.verified_by_id == by.pk:
            raise NotAllowed(
                _("You verified %(what)s; somebody else has to approve it.") % {"what": row},
                "own_verification",
            )


def _supersede(results: list[Result], by: User) -> None:
    """The approved revisions that the pending ones replace."""
    places = {(row.line_id, row.period_id) for row in results if row.status in PENDING}
    old = [
        row
        for row in Result.objects.select_related(
            *("line__project__office", "line__indicator", "line__country", "line__city"),
            "period",
        ).filter(
            status=Status.APPROVED,
            line__in={place[0] for place in places},
            period__in={place[1] for place in places},
        )
        if (row.line_id, row.period_id) in places
    ]
    now = timezone.now()
    before = snapshot(old)
    for row in old:
        row.status = Status.SUPERSEDED
        row.version += 1
        row.changed_at = now
    _write_alike(old, "status", "changed_at")
    record_activity(by=by, verb="superseded", targets=old, changes=before.told(old))


def _refuse_authors(rows: Iterable[Reviewed], by: User) -> None:
    for row in rows:
        if permissions.is_author(by, row):
            raise NotAllowed(
                _("You entered or submitted %(what)s; somebody else has to review it.")
                % {"what": row},
                "own_result",
            )


@transaction.atomic
def withdraw(
    *, rows: Iterable[Reviewed], by: User, reason: str, version: Version = None
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
        locked=True,
        review_comment=reason,
    )
    _sync(moved, by, reason)
    return moved


@transaction.atomic
def save_note(*, by: User, project: Any, key: str, period: ReportingPeriod, **content: Any) -> Note:
    """Keep a statement that no indicator takes up, as a draft of its own."""
    if not permissions.can_report(by, project):
        raise NotAllowed(_(_NOT_REPORTER))
    late = check_periods([(project.pk, period.pk)])
    note = Note.objects.select_for_update().filter(project=project, key=key).first()
    if note and note.status not in EDITABLE:
        raise DomainError(_("This note is submitted; recall it first."), "already_submitted")
    before = snapshot([note])
    if note is None:
        note = Note(project=project, key=key, period=period, entered_by=by, version=0)
    for name, value in content.items():
        setattr(note, name, value)
    note.period = period
    note.late_entry_id = late.get((project.pk, period.pk))
    note.version += 1
    note.changed_at, note.changed_by = timezone.now(), by
    note.save()
    note.authors.add(by)
    record_activity(by=by, verb="entered", targets=[note], changes=before.told([note]))
    return note
