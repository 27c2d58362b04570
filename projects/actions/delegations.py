"""What appraisal rests on: delegated authority, the committee's meetings, the checklist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import difference, snapshot
from habitat_tracker.accounts.models import Office, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, too_long
from habitat_tracker.fields import parse_decimal
from habitat_tracker.wording import said_day
from plans.models import PlanRevision, StrategicPlan
from projects.choices import Level
from projects.models import ChecklistQuestion, Delegation, ReviewMeeting
from projects.permissions import can_set_up_appraisal

from .projects import CODE, over_before_plan

MOST_QUESTIONS = 60


def _check_may_set_up(by: User | None) -> None:
    if by is not None and not can_set_up_appraisal(by):
        raise NotAllowed(_("Only a manager at headquarters may set up how projects are appraised."))


@transaction.atomic
def delegate(
    *,
    plan: StrategicPlan,
    person: User,
    office: Office,
    level: str,
    most_usd: object | None,
    start: date | None,
    until: date | None,
    document: str,
    by: User | None,
) -> Delegation:
    """Delegate the authority to decide on an office's proposals up to an amount in US dollars.

    Without an amount it holds for any. Raises `not_allowed`, and with all that is wrong
    `unknown_level`, `committee_at_headquarters`, `inactive_person`, `missing_date`,
    `dates_reversed`, `dates_before_plan` (it is over before the plan begins), `missing_document`,
    `too_long`, `amount_not_above_zero`, those of numbers, and `own_delegation` where somebody
    would delegate to themselves.
    """
    _check_may_set_up(by)
    problems: list[Problem] = []

    def say(field: str, code: str, text: str) -> None:
        problems.append(Problem(field, code, text))

    if by is not None and person.pk == by.pk:
        say("person", "own_delegation", _("Somebody else delegates to you."))
    if not person.is_active:
        say("person", "inactive_person", _("This account is not active."))
    if level not in Level.values:
        say("level", "unknown_level", _("There is no such level."))
    if level == Level.COMMITTEE and office.parent_id is not None:
        text = _("The committee decides for the whole organization: choose headquarters.")
        say("office", "committee_at_headquarters", text)
    if start is None:
        say("start", "missing_date", _("Say from when on."))
    elif until is not None and until < start:
        say("until", "dates_reversed", _("The end lies before the start."))
    else:
        problems += over_before_plan(plan, "until", until)
    if not document.strip():
        say("document", "missing_document", _("Name what the delegation rests on."))
    elif len(document.strip()) > 300:
        problems.append(too_long("document", 300))
    most = None
    if most_usd not in (None, ""):
        try:
            most = parse_decimal(most_usd, "most_usd")
        except InvalidInput as error:
            problems += error.problems
        else:
            if most <= 0:
                say("most_usd", "amount_not_above_zero", _("An amount is above zero."))
    if problems:
        raise InvalidInput(problems)
    assert start is not None
    made = Delegation.objects.create(
        plan=plan,
        person=person,
        office=office,
        level=level,
        most_usd=most,
        start=start,
        until=until,
        document=document.strip(),
    )
    record_activity(by=by, verb="delegated", targets=[made], changes=difference(None, made))
    return made


@transaction.atomic
def end_delegation(
    *, delegation: Delegation, on: date | None, by: User | None, reason: str = ""
) -> Delegation:
    """Let a delegation end with a day; what was decided under it stays as it is.

    Raises `not_allowed`, `own_delegation`, `missing_reason`, `missing_date`, `dates_reversed`, and
    `already_ended` where it ends no later as it is.
    """
    _check_may_set_up(by)
    held = Delegation.objects.select_for_update(of=("self",)).select_related("office", "person")
    held = held.get(pk=delegation.pk)
    if by is not None and held.person_id == by.pk:
        raise NotAllowed(_("Somebody else delegates to you."), "own_delegation")
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why it ends."))
    if on is None:
        raise InvalidInput.of("on", "missing_date", _("Say until when."))
    if on < held.start:
        raise InvalidInput.of("on", "dates_reversed", _("The end lies before the start."))
    if held.until is not None and held.until <= on:
        text = _("It ends on %(day)s already; a longer one is delegated anew.")
        raise DomainError(text % {"day": said_day(held.until)}, "already_ended")
    before = snapshot([held])
    held.until = on
    held.save(update_fields=["until"])
    record_activity(
        by=by,
        verb="ended a delegation",
        targets=[held],
        reason=reason.strip(),
        changes=before.told([held]),
    )
    return held


@transaction.atomic
def save_meeting(
    *,
    plan: StrategicPlan,
    on: date | None,
    chair: str,
    by: User | None,
    minutes: str = "",
    note: str = "",
    meeting: ReviewMeeting | None = None,
) -> ReviewMeeting:
    """Add a meeting of the committee, or change one.

    The committee also meets when the plan is over: what it decides on was submitted before.

    Raises `not_allowed`, `missing_date`, `date_outside_plan` (it begins later), `meeting_exists`
    (one a day), `missing_chair`, `too_long` and `meeting_has_decisions` (of a day that decisions
    name).
    """
    _check_may_set_up(by)
    settings = PlanRevision.objects.at().get(plan=plan)
    StrategicPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    problems: list[Problem] = []
    if on is None:
        problems.append(Problem("date", "missing_date", _("Say when it meets.")))
    elif on < settings.start:
        text = _("The plan begins on %(day)s.") % {"day": said_day(settings.start)}
        problems.append(Problem("date", "date_outside_plan", text))
    elif ReviewMeeting.objects.filter(plan=plan, date=on).exclude(pk=_key(meeting)).exists():
        text = _("There is a meeting on this day already.")
        problems.append(Problem("date", "meeting_exists", text))
    if not chair.strip():
        problems.append(Problem("chair", "missing_chair", _("Say who chairs the meeting.")))
    for name, text, most in (
        ("chair", chair, 150),
        ("minutes", minutes, 500),
        ("note", note, 5000),
    ):
        if len(text.strip()) > most:
            problems.append(too_long(name, most))
    if meeting is not None and on != meeting.date and meeting.appraisals.exists():
        text = _("Decisions name this meeting: its day stays.")
        problems.append(Problem("date", "meeting_has_decisions", text))
    if problems:
        raise InvalidInput(problems)
    assert on is not None
    held = meeting or ReviewMeeting(plan=plan)
    before = snapshot([meeting])
    held.date, held.chair, held.minutes, held.note = (
        on,
        chair.strip(),
        minutes.strip(),
        note.strip(),
    )
    held.save()
    changed = before.told([held])
    if changed[held]:
        verb = "changed" if meeting else "added"
        record_activity(by=by, verb=verb, targets=[held], changes=changed)
    return held


def _key(meeting: ReviewMeeting | None) -> int:
    return meeting.pk if meeting else 0


@transaction.atomic
def set_checklist(
    *, plan: StrategicPlan, questions: Sequence[tuple[str, dict[str, str]]], by: User | None
) -> None:
    """Set the questions of the checklist in their order, each with its code and text.

    A question that is left out is no longer asked; the answers that were given stay with their
    appraisals. Raises `not_allowed`, `missing_text`, `duplicate_row`, `too_long` and
    `too_many_rows`.
    """
    _check_may_set_up(by)
    StrategicPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    problems: list[Problem] = []
    seen: set[str] = set()
    if len(questions) > MOST_QUESTIONS:
        text = _("A section has %(most)s rows at most.") % {"most": MOST_QUESTIONS}
        raise InvalidInput.of("questions", "too_many_rows", text)
    for number, (code, texts) in enumerate(questions, 1):
        if not code.strip() or not any(text.strip() for text in texts.values()):
            text = _("Give the question a code and a text.")
            problems.append(Problem("text", "missing_text", text, number))
        elif not CODE.fullmatch(code):
            text = _("Use letters, digits, points and hyphens only.")
            problems.append(Problem("code", "invalid_code", text, number))
        if len(code) > 30 or any(len(text) > 500 for text in texts.values()):
            problems.append(too_long("text", 500, number))
        if code in seen:
            text = _("%(name)s stands here twice.") % {"name": code}
            problems.append(Problem("code", "duplicate_row", text, number))
        seen.add(code)
    if problems:
        raise InvalidInput(problems)
    held = {one.code: one for one in ChecklistQuestion.objects.filter(plan=plan)}
    before = snapshot(held.values())
    rows = []
    for position, (code, texts) in enumerate(questions, 1):
        one = held.get(code) or ChecklistQuestion(plan=plan, code=code)
        one.text, one.position, one.is_current = texts, position, True
        one.save()
        rows.append(one)
    for code, one in held.items():
        if code not in seen and one.is_current:
            one.is_current = False
            one.save(update_fields=["is_current"])
            rows.append(one)
    told = {row: changes for row, changes in before.told(rows).items() if changes}
    if told:
        record_activity(by=by, verb="set the checklist", targets=list(told), changes=told)
