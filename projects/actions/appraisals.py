"""Appraisal of project documents: checklist, decision under a delegation, conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes, snapshot
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    check_version,
    too_long,
)
from projects.choices import (
    APPROVALS,
    Answer,
    Decision,
    DocumentKind,
    DocumentStatus,
    Level,
    ProjectStatus,
)
from projects.models import (
    Appraisal,
    ChecklistQuestion,
    Condition,
    Delegation,
    ProjectDocument,
    ReviewMeeting,
)
from projects.permissions import can_appraise, can_propose

from .documents import lock_project, move_document, move_project, take_effect

LONGEST_TEXT = 5_000


@dataclass(frozen=True)
class ConditionInput:
    """What an approval depends on, by when, and whether the project waits for it to begin."""

    text: str
    due: date | None
    before_start: bool = False


def _held(appraisal: Appraisal, version: int | None) -> Appraisal:
    """The appraisal as it stands, locked with its project, and still without a decision."""
    lock_project(appraisal.document.project)
    held: Appraisal = (
        Appraisal.objects.select_for_update(of=("self",))
        .select_related("office", "document__project__plan", "document__project__office")
        .select_related("document__project__flagship")
        .get(pk=appraisal.pk)
    )
    if not held.is_waiting:
        raise DomainError(_("This submission does not wait for a decision."), "not_waiting")
    check_version(version, held.version)
    return held


def is_own(appraisal: Appraisal, user: User) -> bool:
    """Whether somebody wrote or submitted what is appraised."""
    return bool(
        appraisal.submitted_by_id == user.pk
        or appraisal.document.authors.filter(pk=user.pk).exists()
    )


def _refuse_own(appraisal: Appraisal, by: User) -> None:
    if is_own(appraisal, by):
        raise NotAllowed(
            _("Who wrote or submitted a document does not appraise it."), "own_document"
        )


@transaction.atomic
def answer_checklist(
    *,
    appraisal: Appraisal,
    answers: Mapping[str, tuple[str, str]],
    by: User,
    version: int | None = None,
) -> Appraisal:
    """Answer questions of the checklist, each with an answer and a note; others stay as they are.

    Raises `not_allowed` (reviewers of the office, or above it), `own_document`, `not_waiting`,
    `version_conflict`, `unknown_question`, `unknown_answer`, `missing_note` (of what is answered
    with no or partly) and `too_long`.
    """
    if not can_appraise(by, appraisal.document.project):
        raise NotAllowed(_("Only a reviewer of the project's office may answer the checklist."))
    held = _held(appraisal, version)
    _refuse_own(held, by)
    known = {
        one.code for one in ChecklistQuestion.objects.filter(plan=held.plan_id, is_current=True)
    }
    problems: list[Problem] = []
    kept = dict(held.answers)
    changes: Changes = {}
    for code, (answer, written) in answers.items():
        where, note = f"answers.{code}", written.strip()
        if code not in known:
            text = _("“%(code)s” is not a question of the checklist.") % {"code": code[:30]}
            problems.append(Problem(where, "unknown_question", text))
        elif answer and answer not in Answer.values:
            problems.append(Problem(where, "unknown_answer", _("There is no such answer.")))
        elif answer in (Answer.NO, Answer.PARTLY) and not note:
            problems.append(Problem(where, "missing_note", _("Say what is lacking.")))
        if len(note) > LONGEST_TEXT:
            problems.append(too_long(where, LONGEST_TEXT))
        before = kept.pop(code, None)
        if answer:
            kept[code] = {"answer": answer, "note": note}
        if before != kept.get(code):
            changes[f"answers.{code}"] = [_told(before), _told(kept.get(code))]
    if problems:
        raise InvalidInput(problems)
    if changes:
        held.answers = kept
        held.version += 1
        held.save(update_fields=["answers", "version"])
        record_activity(by=by, verb="answered the checklist", targets=[held], changes=changes)
    return held


def _told(answer: Mapping[str, str] | None) -> str | None:
    if answer is None:
        return None
    return f"{answer['answer']}: {answer['note']}" if answer["note"] else answer["answer"]


def own_delegations(user: User, appraisal: Appraisal) -> list[Delegation]:
    """Somebody's delegations that hold for this office today, the narrowest amount first."""
    found = (
        Delegation.objects.in_force()
        .covering(appraisal.document.project.office)
        .filter(person=user, plan=appraisal.plan_id)
    )
    return sorted(found, key=lambda one: (one.most_usd is None, one.most_usd or 0))


def delegations_for(user: User, appraisal: Appraisal) -> list[Delegation]:
    """Those of them whose amount is enough, so that one may decide under them."""
    return [one for one in own_delegations(user, appraisal) if one.reaches(appraisal.usd)]


def who_decides(appraisal: Appraisal) -> list[tuple[Level, list[User]]]:
    """Who may decide today under a delegation that covers office and amount, level by level.

    Nobody who wrote or submitted it is among them; nobody at all once nothing waits. One query.
    """
    if not appraisal.is_waiting:
        return []
    found = (
        Delegation.objects.in_force()
        .covering(appraisal.document.project.office)
        .up_to(appraisal.usd)
        .filter(plan=appraisal.plan_id, person__is_active=True)
        .exclude(person__in=appraisal.document.authors.all())
        .exclude(person=appraisal.submitted_by_id)
        .select_related("person")
        .order_by("person__name", "person")
    )
    people: dict[str, dict[User, None]] = {}
    for one in found:
        people.setdefault(one.level, {})[one.person] = None
    return [(level, list(people[level])) for level in Level if level in people]


@transaction.atomic
def decide(
    *,
    appraisal: Appraisal,
    decision: str,
    delegation: Delegation | None,
    by: User,
    meeting: ReviewMeeting | None = None,
    reason: str = "",
    conditions: Sequence[ConditionInput] = (),
    on: date | None = None,
    version: int | None = None,
) -> Appraisal:
    """Decide on what was submitted, under a delegation of one's own.

    An approval lets the document count: the project's record, budget and, where it is under way,
    its reporting lines follow it. What is returned is changed and submitted again; a rejection is
    final. `on` is the day of the decision, today if none is given.

    What is approved is complete: it is checked as when it was submitted, for what it names may
    have changed meanwhile.

    Raises `no_delegation` (none of one's own that holds for this office on that day),
    `above_delegation` (its amount is less than the budget), `own_document`, `not_waiting`,
    `version_conflict`, `unknown_decision`, `missing_meeting` (of the committee),
    `meeting_after_decision`, `meeting_before_submission`, `meeting_without_committee`,
    `missing_reason` (of what is returned or rejected), `checklist_incomplete`,
    `missing_conditions`, `conditions_without_approval`, `missing_date`, `date_in_past` (of a
    condition), `date_in_future`, `date_before_submission` and, of an approval, the problems of
    `completeness`.
    """
    from projects.documents.sections import completeness

    held = _held(appraisal, version)
    day = on or timezone.localdate()
    _check_delegation(held, delegation, by, day)
    assert delegation is not None
    _refuse_own(held, by)
    problems: list[Problem] = []
    if decision not in Decision.values:
        problems.append(Problem("decision", "unknown_decision", _("There is no such decision.")))
    if day > timezone.localdate():
        problems.append(Problem("on", "date_in_future", _("This day is still to come.")))
    if day < timezone.localdate(held.submitted_at):
        text = _("It was submitted after this day.")
        problems.append(Problem("on", "date_before_submission", text))
    if delegation.level == Level.COMMITTEE:
        _check_meeting(held, meeting, day, problems)
    elif meeting is not None:
        text = _(
            "A meeting is named, but under this delegation the committee does not decide. Leave "
            "the meeting out, or decide under a delegation of the committee."
        )
        problems.append(Problem("meeting", "meeting_without_committee", text))
    if decision in (Decision.RETURNED, Decision.REJECTED) and not reason.strip():
        text = _("Say what is to be changed, or why it is rejected.")
        problems.append(Problem("reason", "missing_reason", text))
    if decision in APPROVALS and (left := unanswered(held)):
        text = ngettext(
            "%(n)s question of the checklist has no answer.",
            "%(n)s questions of the checklist have no answer.",
            len(left),
        )
        problems.append(Problem("answers", "checklist_incomplete", text % {"n": len(left)}))
    wanted = [one for one in conditions if one.text.strip() or one.due or one.before_start]
    _check_conditions(decision, wanted, day, problems)
    if decision in APPROVALS:
        problems += completeness(held.document.project, held.content)
    if problems:
        raise InvalidInput(problems)
    before = snapshot([held])
    held.decision, held.decided_on, held.decided_by = decision, day, by
    held.delegation, held.meeting, held.reason = delegation, meeting, reason.strip()
    held.version += 1
    held.save()
    made = Condition.objects.bulk_create(
        Condition(
            appraisal=held,
            position=position,
            text=one.text.strip(),
            due=one.due or day,
            before_start=one.before_start,
        )
        for position, one in enumerate(wanted, 1)
    )
    record_activity(
        by=by,
        verb=f"decided: {decision}",
        targets=[held],
        reason=held.reason,
        changes=before.told([held]),
    )
    if made:
        told = snapshot([]).told(made)
        record_activity(by=by, verb="added", targets=made, changes=told)
    _follow(held, by)
    return held


def _check_delegation(
    appraisal: Appraisal, delegation: Delegation | None, by: User, day: date
) -> None:
    """Who decides does so under a delegation of their own that holds here, and for this amount."""
    own = (
        delegation is not None
        and Delegation.objects.in_force(day)
        .in_force()
        .covering(appraisal.document.project.office)
        .filter(pk=delegation.pk, person=by, plan=appraisal.plan_id)
        .exists()
    )
    if not own or delegation is None:
        raise NotAllowed(
            _("No authority to decide on projects of %(office)s is delegated to you.")
            % {"office": appraisal.office},
            "no_delegation",
        )
    if not delegation.reaches(appraisal.usd):
        text = _("The budget of USD %(usd)s is above the USD %(most)s that are delegated to you.")
        amounts = {"usd": appraisal.usd, "most": delegation.most_usd}
        told = {name: f"{one:,.2f}".removesuffix(".00") for name, one in amounts.items()}
        raise NotAllowed(text % told, "above_delegation")


def _check_meeting(
    appraisal: Appraisal, meeting: ReviewMeeting | None, day: date, problems: list[Problem]
) -> None:
    if meeting is None or meeting.plan_id != appraisal.plan_id:
        text = _("The committee decides in a meeting: name it.")
        problems.append(Problem("meeting", "missing_meeting", text))
    elif meeting.date > day:
        text = _("The meeting is after the day of the decision.")
        problems.append(Problem("meeting", "meeting_after_decision", text))
    elif meeting.date < timezone.localdate(appraisal.submitted_at):
        text = _("It was submitted after this meeting.")
        problems.append(Problem("meeting", "meeting_before_submission", text))


def _check_conditions(
    decision: str, wanted: Sequence[ConditionInput], day: date, problems: list[Problem]
) -> None:
    if decision == Decision.CONDITIONS and not wanted:
        text = _("Say what the approval depends on.")
        problems.append(Problem("conditions", "missing_conditions", text))
    if decision != Decision.CONDITIONS and wanted:
        text = _("Only an approval with conditions has conditions.")
        problems.append(Problem("conditions", "conditions_without_approval", text))
    for number, one in enumerate(wanted, 1):
        if not one.text.strip():
            text = _("Say what is to be done.")
            problems.append(Problem("conditions.text", "missing_text", text, number))
        if len(one.text) > LONGEST_TEXT:
            problems.append(too_long("conditions.text", LONGEST_TEXT, number))
        if one.due is None:
            text = _("Say by when the condition is to be met.")
            problems.append(Problem("conditions.due", "missing_date", text, number))
        elif one.due < day:
            text = _("This day has passed.")
            problems.append(Problem("conditions.due", "date_in_past", text, number))


def unanswered(appraisal: Appraisal) -> list[ChecklistQuestion]:
    """The questions of the checklist that are asked now and have no answer."""
    asked = ChecklistQuestion.objects.filter(plan=appraisal.plan_id, is_current=True)
    return [one for one in asked if one.code not in appraisal.answers]


def _follow(appraisal: Appraisal, by: User) -> None:
    """What the decision does to the document and its project."""
    document = ProjectDocument.objects.select_related(
        "project__plan", "project__office", "project__flagship"
    ).get(pk=appraisal.document_id)
    proposed = document.kind == DocumentKind.PROPOSAL
    was = document.status
    status = None
    if appraisal.decision in APPROVALS:
        take_effect(document, by)
        status = ProjectStatus.APPROVED
    elif appraisal.decision == Decision.RETURNED:
        move_document(document, DocumentStatus.RETURNED)
        status = ProjectStatus.PIPELINE
    else:
        move_document(document, DocumentStatus.REJECTED)
        status = ProjectStatus.REJECTED
    record_activity(
        by=by,
        verb=f"decided: {appraisal.decision}",
        targets=[document],
        reason=appraisal.reason,
        changes={"status": [was, document.status]},
    )
    if proposed:
        move_project(document.project, status, by, appraisal.reason)


@transaction.atomic
def answer_condition(*, condition: Condition, answer: str, by: User) -> Condition:
    """Say what the project's office did to meet a condition.

    Raises `not_allowed`, `missing_text`, `too_long`, `already_answered` and `already_met`.
    """
    held = _held_condition(condition)
    if not can_propose(by, held.appraisal.document.project):
        raise NotAllowed(_("Only a reporter or manager of the project's office may answer."))
    if held.answer:
        raise DomainError(
            _("It was answered already; an appraiser looks at it."), "already_answered"
        )
    text = _read(answer, "answer", _("Say what was done."))
    before = snapshot([held])
    held.answer, held.answered_at, held.answered_by = text, timezone.now(), by
    held.remark = ""
    held.save()
    record_activity(by=by, verb="answered a condition", targets=[held], changes=before.told([held]))
    return held


@transaction.atomic
def settle_condition(*, condition: Condition, met: bool, by: User, remark: str = "") -> Condition:
    """Find a condition met, or send its answer back with a remark.

    Raises `not_allowed` (reviewers of the office or above it), `own_document` (who wrote or
    submitted what was approved), `own_answer`, `not_answered`, `already_met`, `too_long` and
    `missing_text` (of what is sent back).
    """
    held = _held_condition(condition)
    said = remark.strip()
    if not can_appraise(by, held.appraisal.document.project):
        raise NotAllowed(_("Only a reviewer of the project's office may find a condition met."))
    if not held.answer:
        raise DomainError(_("The office has not said what it did."), "not_answered")
    _refuse_own(held.appraisal, by)
    if held.answered_by_id == by.pk:
        raise NotAllowed(_("Somebody else finds the condition met."), "own_answer")
    before = snapshot([held])
    held.remark = _read(said, "remark", _("Say what is lacking.")) if said or not met else ""
    if met:
        held.settled_at, held.settled_by = timezone.now(), by
        verb = "found a condition met"
    else:
        held.answer, held.answered_at, held.answered_by = "", None, None
        verb = "sent a condition back"
    held.save()
    record_activity(by=by, verb=verb, targets=[held], changes=before.told([held]))
    return held


def _held_condition(condition: Condition) -> Condition:
    held: Condition = (
        Condition.objects.select_for_update(of=("self",))
        .select_related("appraisal__office", "appraisal__document__project__office")
        .get(pk=condition.pk)
    )
    if held.is_met:
        raise DomainError(_("This condition was found met already."), "already_met")
    return held


def _read(text: str, field: str, missing: str) -> str:
    said = text.strip()
    if not said:
        raise InvalidInput.of(field, "missing_text", missing)
    if len(said) > LONGEST_TEXT:
        raise InvalidInput([too_long(field, LONGEST_TEXT)])
    return said
