"""From approval to closure: a project begins, is suspended and taken up again, and is closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import difference, snapshot
from habitat_tracker.accounts.models import Country, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, too_long
from habitat_tracker.links import is_web_address
from habitat_tracker.wording import said_day
from outcomes.models import Outcome
from projects.choices import ProjectStatus
from projects.models import Condition, FinalReport, Lesson, Project
from projects.permissions import can_manage

from .applying import apply_logframe, end_line
from .documents import lock_project, move_project

LONGEST_TEXT = 20_000
MOST_LESSONS = 50


@dataclass(frozen=True)
class LessonInput:
    """What a project teaches others: the situation, what was learned, how to use it."""

    context: str
    learned: str
    use: str = ""
    outcome: Outcome | None = None
    country: Country | None = None

    @property
    def says_anything(self) -> bool:
        """Whether anything of it was filled in; what says nothing is no lesson."""
        texts = (self.context, self.learned, self.use)
        return any(text.strip() for text in texts) or bool(self.outcome or self.country)


def _held(project: Project, by: User) -> Project:
    lock_project(project)
    held = (
        Project.objects.select_for_update(of=("self",))
        .select_related("plan", "office", "flagship")
        .get(pk=project.pk)
    )
    if not can_manage(by, held):
        raise NotAllowed(_("Only a manager of the project's office may do this."))
    return held


def open_conditions(project: Project) -> list[Condition]:
    """The conditions of the project's approvals that nobody found met yet, the nearest first."""
    return list(
        Condition.objects.open()
        .filter(appraisal__document__project=project)
        .select_related("appraisal__document__project__office")
        .order_by("due", "pk")
    )


@transaction.atomic
def start_project(*, project: Project, by: User) -> Project:
    """Begin an approved project: from now on it reports what its logical framework says.

    Raises `not_allowed`, `not_approved`, `open_conditions` (those that it has to meet first) and
    the problems of `completeness`, where what its document names has changed since the approval:
    a revision brings the document up to date.
    """
    from projects.documents.sections import completeness

    held = _held(project, by)
    if held.status != ProjectStatus.APPROVED:
        raise DomainError(_("Only an approved project begins."), "not_approved")
    waiting = [one for one in open_conditions(held) if one.before_start]
    if waiting:
        text = ngettext(
            "It begins when %(n)s condition of its approval is met: %(first)s",
            "It begins when %(n)s conditions of its approval are met: %(first)s",
            len(waiting),
        )
        raise DomainError(text % {"n": len(waiting), "first": waiting[0].text}, "open_conditions")
    document = held.documents.approved().first()
    if document is not None and (problems := completeness(held, document.content)):
        raise InvalidInput(problems)
    move_project(held, ProjectStatus.ACTIVE, by, "")
    if document is not None:
        apply_logframe(held, document.content, {}, "The project began")
    return held


@transaction.atomic
def suspend_project(*, project: Project, by: User, reason: str) -> Project:
    """Suspend a project that is under way.

    What it is expected to report stays expected: it says "not applicable" where nothing can be
    said. Raises `not_allowed`, `missing_reason` and `not_under_way`.
    """
    return _turn(project, ProjectStatus.ACTIVE, ProjectStatus.SUSPENDED, by, reason)


@transaction.atomic
def resume_project(*, project: Project, by: User, reason: str) -> Project:
    """Take a suspended project up again.

    Raises `not_allowed`, `missing_reason` and `not_suspended`.
    """
    return _turn(project, ProjectStatus.SUSPENDED, ProjectStatus.ACTIVE, by, reason)


def _turn(project: Project, before: str, after: str, by: User, reason: str) -> Project:
    held = _held(project, by)
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why."))
    if held.status != before:
        if before == ProjectStatus.ACTIVE:
            raise DomainError(_("The project is not under way."), "not_under_way")
        raise DomainError(_("The project is not suspended."), "not_suspended")
    move_project(held, after, by, reason.strip())
    return held


@transaction.atomic
def close_project(
    *,
    project: Project,
    closed_on: date | None,
    achieved: str,
    lasting: str,
    link: str,
    lessons: Sequence[LessonInput],
    by: User,
    conditions_left: str = "",
) -> FinalReport:
    """Close a project with its final report and at least one lesson.

    Its reporting lines end with the day of closure at the latest: nothing is expected of it in
    periods that begin later, and what it still owes of earlier ones stays owed. Where conditions
    of its approvals are open, `conditions_left` says why they are left so.

    Raises `not_allowed`, `not_under_way`, `document_open` (a version that is being worked on) and,
    with all that is wrong, `missing_date`, `date_in_future`, `closed_before_start`,
    `missing_report` (of either text or the link), `invalid_link`, `conditions_open` (where
    nothing is said of them), `missing_lesson`,
    `missing_text`, `other_plan`, `country_outside_project`, `too_long` and `too_many_rows`.
    """
    held = _held(project, by)
    if held.status not in (ProjectStatus.ACTIVE, ProjectStatus.SUSPENDED):
        raise DomainError(_("Only a project under way or suspended is closed."), "not_under_way")
    if held.documents.open().exists():
        raise DomainError(
            _("Another version of the project document is being worked on."), "document_open"
        )
    waiting = open_conditions(held)
    taught = [one for one in lessons if one.says_anything]
    problems = [
        *_wrong_report(held, closed_on, achieved, lasting, link),
        *_wrong_leaving(conditions_left, waiting),
        *_wrong_lessons(held, taught),
    ]
    if problems:
        raise InvalidInput(problems)
    assert closed_on is not None
    report = FinalReport.objects.create(
        project=held,
        closed_on=closed_on,
        achieved=achieved.strip(),
        lasting=lasting.strip(),
        link=link.strip(),
        conditions_left=conditions_left.strip() if waiting else "",
        entered_by=by,
    )
    made = Lesson.objects.bulk_create(
        Lesson(
            project=held,
            outcome=one.outcome,
            country=one.country,
            context=one.context.strip(),
            learned=one.learned.strip(),
            use=one.use.strip(),
            entered_by=by,
        )
        for one in taught
    )
    record_activity(by=by, verb="added", targets=[report], changes=difference(None, report))
    record_activity(by=by, verb="added", targets=made, changes=snapshot([]).told(made))
    move_project(held, ProjectStatus.CLOSED, by, "")
    reason = "The project was closed"
    for line in held.lines.select_related("project", "indicator", "country", "city"):
        if line.is_open_after(closed_on):
            end_line(line, closed_on, reason)
    return report


def _wrong_report(
    project: Project, closed_on: date | None, achieved: str, lasting: str, link: str
) -> list[Problem]:
    problems: list[Problem] = []
    if closed_on is None:
        text = _("Say on which day the project was closed.")
        problems.append(Problem("closed_on", "missing_date", text))
    elif closed_on > timezone.localdate():
        problems.append(Problem("closed_on", "date_in_future", _("This day is still to come.")))
    elif project.start and closed_on < project.start:
        text = _("The project began on %(day)s.") % {"day": said_day(project.start)}
        problems.append(Problem("closed_on", "closed_before_start", text))
    for name, said, missing in (
        ("achieved", achieved, _("Say what the project achieved.")),
        ("lasting", lasting, _("Say what lasts, and who looks after it.")),
        ("link", link, _("Name the address of the final report.")),
    ):
        if not said.strip():
            problems.append(Problem(name, "missing_report", missing))
        elif len(said) > (500 if name == "link" else LONGEST_TEXT):
            most = 500 if name == "link" else LONGEST_TEXT
            problems.append(too_long(name, most))
    if link.strip() and not is_web_address(link.strip()):
        text = _("This is not the address of a page or file.")
        problems.append(Problem("link", "invalid_link", text))
    return problems


def _wrong_leaving(said: str, waiting: Sequence[Condition]) -> list[Problem]:
    if waiting and not said.strip():
        text = _("Conditions of its approval are open: have them settled, or say why not.")
        return [Problem("conditions_left", "conditions_open", text)]
    if len(said) > LONGEST_TEXT:
        return [too_long("conditions_left", LONGEST_TEXT)]
    return []


def _wrong_lessons(project: Project, lessons: Sequence[LessonInput]) -> list[Problem]:
    problems: list[Problem] = []
    if not lessons:
        text = _("Write down at least one lesson: what would you tell the next project?")
        return [Problem("lessons", "missing_lesson", text)]
    if len(lessons) > MOST_LESSONS:
        text = _("A section has %(most)s rows at most.") % {"most": MOST_LESSONS}
        return [Problem("lessons", "too_many_rows", text)]
    countries = set(project.countries.values_list("pk", flat=True))
    for number, one in enumerate(lessons, 1):
        for name in ("context", "learned"):
            if not getattr(one, name).strip():
                text = _("Say what the situation was, and what was learned.")
                problems.append(Problem(f"lessons.{name}", "missing_text", text, number))
        if any(len(text) > LONGEST_TEXT for text in (one.context, one.learned, one.use)):
            problems.append(too_long("lessons.learned", LONGEST_TEXT, number))
        if one.outcome is not None and one.outcome.plan_id != project.plan_id:
            text = _("The outcome belongs to another plan.")
            problems.append(Problem("lessons.outcome", "other_plan", text, number))
        if one.country is not None and one.country.pk not in countries:
            text = _("%(country)s is not a country of this project.") % {"country": one.country}
            problems.append(Problem("lessons.country", "country_outside_project", text, number))
    return problems
