"""The project document: written section by section, submitted, taken back, revised."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes, difference, snapshot
from habitat_tracker.accounts.models import Office, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, check_version
from outcomes.models import Outcome
from plans.models import StrategicPlan
from projects.choices import (
    WRITABLE,
    Decision,
    DocumentKind,
    DocumentStatus,
    ProjectStatus,
    Section,
)
from projects.models import Appraisal, Project, ProjectDocument
from projects.permissions import can_manage, can_propose, can_propose_in

from .applying import (
    apply_description,
    apply_logframe,
    apply_money,
    apply_partners,
    end_lines_in,
)
from .project_revisions import keep_revision
from .projects import CODE, add_project


@transaction.atomic
def propose_project(
    *, plan: StrategicPlan, code: str, title: dict[str, str], office: Office, by: User
) -> ProjectDocument:
    """Begin the proposal of a new project of an office: a draft with nothing but its title.

    Raises `not_allowed` (reporters and managers of the office), `invalid_code`, `missing_title`
    and `code_taken`.
    """
    from projects.documents.sections import wrong_title

    if not can_propose_in(by, office):
        raise NotAllowed(_("Only a reporter or manager of the office may propose a project."))
    if not CODE.fullmatch(code):
        raise InvalidInput.of(
            "code", "invalid_code", _("Use letters, digits, points and hyphens only.")
        )
    if not any(text.strip() for text in title.values()):
        raise InvalidInput.of("title", "missing_title", _("Give the project a title."))
    if problems := wrong_title(title):
        raise InvalidInput(problems)
    project = add_project(
        plan=plan, code=code, title=title, office=office, status=ProjectStatus.PIPELINE, by=by
    )
    content = {"basics": {"title": title, "summary": {}, "start": "", "end": ""}}
    return _begin(project, DocumentKind.PROPOSAL, content, by, "")


def _begin(
    project: Project, kind: str, content: dict[str, Any], by: User | None, reason: str
) -> ProjectDocument:
    last = project.documents.order_by("-number").values_list("number", flat=True).first() or 0
    document = ProjectDocument.objects.create(
        project=project,
        number=last + 1,
        kind=kind,
        content=content,
        base=content if kind == DocumentKind.REVISION else {},
        reason=reason,
        entered_by=by,
    )
    if by is not None:
        document.authors.add(by)
    record_activity(
        by=by,
        verb="began a document",
        targets=[document],
        reason=reason,
        changes=difference(None, document) | _whole(document, "content", "base"),
    )
    return document


def _whole(document: ProjectDocument, *names: str) -> Changes:
    """That a whole document was kept, told by its number instead of all that it says."""
    return {name: [None, f"{document.project.code} {document.number}"] for name in names}


@transaction.atomic
def begin_revision(*, project: Project, by: User, reason: str) -> ProjectDocument:
    """Begin a revision of a project that is under way or suspended, from its record as it stands.

    Raises `not_allowed`, `missing_reason`, `not_under_way` and `document_open` where another
    version is being written or appraised.
    """
    from projects.documents.record import content_of

    if not can_propose(by, project):
        raise NotAllowed(_("Only a reporter or manager of the project's office may revise it."))
    lock_project(project)
    project = Project.objects.select_related("plan", "office", "flagship").get(pk=project.pk)
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why the project is revised."))
    if project.status not in (
        ProjectStatus.APPROVED,
        ProjectStatus.ACTIVE,
        ProjectStatus.SUSPENDED,
    ):
        raise DomainError(
            _("Only a project that is approved or under way is revised."), "not_under_way"
        )
    if project.documents.open().exists():
        raise DomainError(
            _("Another version of the project document is being worked on."), "document_open"
        )
    approved = project.documents.approved().first()
    content = content_of(project)
    if approved is not None:
        content["places"] = approved.content["places"]
        if project.status == ProjectStatus.APPROVED:  # its reporting lines begin when it does
            content["logframe"] = approved.content.get("logframe", [])
    return _begin(project, DocumentKind.REVISION, content, by, reason.strip())


def lock_project(project: Project) -> None:
    """The plan, then the project: the order in which every write on a project takes them."""
    StrategicPlan.objects.select_for_update(no_key=True).get(pk=project.plan_id)
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)


def _held(document: ProjectDocument) -> ProjectDocument:
    """The document as it stands, locked with its project."""
    lock_project(document.project)
    return (
        ProjectDocument.objects.select_for_update(of=("self",))
        .select_related("project__plan", "project__office", "project__flagship")
        .get(pk=document.pk)
    )


def _check_may_write(document: ProjectDocument, by: User) -> None:
    if not can_propose(by, document.project):
        raise NotAllowed(
            _("Only a reporter or manager of the project's office may write its document.")
        )


@transaction.atomic
def save_section(
    *,
    document: ProjectDocument,
    section: str,
    given: object,
    by: User,
    version: int | None = None,
) -> ProjectDocument:
    """Save a section of a draft, the whole of it; nothing where anything in it is wrong.

    Raises `not_allowed`, `unknown_section`, `not_writable` (submitted or decided), with every
    problem of the section those of `projects.documents.sections`, and `version_conflict`.
    """
    from projects.documents.sections import read_section
    from projects.documents.told import section_changes

    held = _held(document)
    _check_may_write(held, by)
    if section not in Section.values:
        raise DomainError(_("A project document has no such section."), "unknown_section")
    if held.status not in WRITABLE:
        raise DomainError(
            _("This version was submitted; take it back or begin a revision."), "not_writable"
        )
    check_version(version, held.version)
    kept, problems = read_section(held.project, section, given, held.content)
    if problems:
        raise InvalidInput(problems)
    before = held.content.get(section)
    if before == kept:
        return held
    held.content = {**held.content, section: kept}
    held.version += 1
    held.save(update_fields=["content", "version"])
    held.authors.add(by)
    changes = section_changes(section, before, kept)
    record_activity(by=by, verb="wrote", targets=[held], changes=changes)
    return held


@transaction.atomic
def submit_document(
    *, document: ProjectDocument, by: User, version: int | None = None
) -> Appraisal:
    """Submit a proposal or revision for appraisal, as it stands: its content is kept as it is.

    Raises `not_allowed`, `not_writable`, `version_conflict`, `nothing_changed` (since it was
    returned) and, with everything that is missing, the problems of `completeness`, each under its
    section.
    """
    from projects.documents.sections import amounts, completeness, primary_outcome

    held = _held(document)
    _check_may_write(held, by)
    if held.status not in WRITABLE:
        raise DomainError(_("This version was submitted already."), "not_writable")
    check_version(version, held.version)
    returned = held.appraisals.decided().order_by("-round").first()
    if returned is not None and returned.content == held.content:
        raise DomainError(
            _("It was returned to be changed, and says the same as then."), "nothing_changed"
        )
    if problems := completeness(held.project, held.content):
        raise InvalidInput(problems)
    usd, earmarked = amounts(held.content)
    code = primary_outcome(held.content)
    appraisal = Appraisal.objects.create(
        document=held,
        plan=held.project.plan,
        office=held.project.office,
        round=held.appraisals.count() + 1,
        content=held.content,
        outcome=Outcome.objects.get(plan=held.project.plan_id, code=code),
        usd=usd,
        earmarked_usd=earmarked,
        submitted_by=by,
    )
    held.authors.add(by)
    was = held.status
    move_document(held, DocumentStatus.SUBMITTED)
    if held.kind == DocumentKind.PROPOSAL:
        # The register finds the proposal by what it says; nothing of it counts in figures yet.
        apply_description(held.project, held.content, {}, "A proposal was submitted")
        _move_project(held, ProjectStatus.APPRAISAL, by)
    record_activity(
        by=by,
        verb="submitted",
        targets=[held, appraisal],
        changes={
            held: {"status": [was, held.status]},
            appraisal: difference(None, appraisal) | _whole(held, "content"),
        },
        round=appraisal.round,
    )
    return appraisal


def move_document(document: ProjectDocument, status: str) -> None:
    """Set where a document stands."""
    document.status = status
    document.version += 1
    document.save(update_fields=["status", "version"])


def _move_project(document: ProjectDocument, status: str, by: User | None) -> None:
    """Set where the project of a proposal stands; a revision leaves it where it is."""
    if document.kind != DocumentKind.PROPOSAL:
        return
    move_project(document.project, status, by, "")


def move_project(project: Project, status: str, by: User | None, reason: str) -> None:
    """Set where a project stands, and tell it."""
    held = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    before = snapshot([held])
    held.status = status
    held.save(update_fields=["status"])
    keep_revision(held, by, reason)
    project.status = status
    record_activity(by=by, verb="moved", targets=[held], reason=reason, changes=before.told([held]))


@transaction.atomic
def recall_document(*, document: ProjectDocument, by: User, reason: str = "") -> ProjectDocument:
    """Take a document back that nobody has decided on; it can be changed again.

    Raises `not_allowed` and `not_submitted`.
    """
    held = _held(document)
    _check_may_write(held, by)
    _end_waiting(held)
    was = held.status
    move_document(held, DocumentStatus.DRAFT)
    _move_project(held, ProjectStatus.PIPELINE, by)
    record_activity(
        by=by,
        verb="recalled",
        targets=[held],
        reason=reason,
        changes={"status": [was, held.status]},
    )
    return held


def _end_waiting(document: ProjectDocument) -> None:
    """The appraisal that waits is over."""
    waiting = document.appraisals.waiting().select_for_update().first()
    if waiting is None:
        raise DomainError(_("Nothing of this version waits for a decision."), "not_submitted")
    waiting.recalled_at = timezone.now()
    waiting.save(update_fields=["recalled_at"])
    record_activity(
        by=None,
        verb="recalled",
        targets=[waiting],
        changes={"recalled_at": [None, waiting.recalled_at.isoformat()]},
    )


@transaction.atomic
def withdraw_document(*, document: ProjectDocument, by: User, reason: str) -> ProjectDocument:
    """Give a proposal or revision up, for good; a proposed project is withdrawn with it.

    Raises `not_allowed`, `missing_reason` and `not_open` where it was decided.
    """
    held = _held(document)
    _check_may_write(held, by)
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why it is given up."))
    if held.status not in (*WRITABLE, DocumentStatus.SUBMITTED):
        raise DomainError(_("This version was decided on."), "not_open")
    if held.status == DocumentStatus.SUBMITTED:
        _end_waiting(held)
    was = held.status
    move_document(held, DocumentStatus.WITHDRAWN)
    _move_project(held, ProjectStatus.WITHDRAWN, by)
    record_activity(
        by=by,
        verb="gave up",
        targets=[held],
        reason=reason.strip(),
        changes={"status": [was, held.status]},
    )
    return held


def take_effect(document: ProjectDocument, by: User | None) -> None:
    """An approved document becomes the one that counts, and the project's record follows it.

    A country that a revision takes away takes the reporting lines there along: they end today.
    """
    from projects.documents.sections import countries_taken_away

    reason = "The project document was approved"
    project = document.project
    held = project.documents.approved().exclude(pk=document.pk).first()
    if held is not None:
        move_document(held, DocumentStatus.REPLACED)
        record_activity(
            by=by,
            verb="replaced",
            targets=[held],
            reason=reason,
            changes={"status": [DocumentStatus.APPROVED, DocumentStatus.REPLACED]},
        )
    document.approved_at = timezone.now()
    document.save(update_fields=["approved_at"])
    move_document(document, DocumentStatus.APPROVED)
    # Only what a revision changes: what the record gained meanwhile stays.
    content, base = document.content, document.base
    end_lines_in(project, countries_taken_away(base, content), reason)
    kept = apply_description(project, content, base, reason)
    if any(content.get(name) != base.get(name) for name in ("budget", "outcomes")):
        apply_money(kept, content, by, reason)
    if content.get("partners") != base.get("partners"):
        apply_partners(kept, content, reason)
    if kept.status in (ProjectStatus.ACTIVE, ProjectStatus.SUSPENDED):
        apply_logframe(kept, content, base, reason)


def is_minor(document: ProjectDocument) -> bool:
    """Whether a revision leaves outcomes, budget, countries and dates as they are.

    Such a one is adopted by a manager of the office; any other is appraised.
    """
    if document.kind != DocumentKind.REVISION:
        return False
    was, now = document.base, document.content
    dates = [(one["basics"]["start"], one["basics"]["end"]) for one in (was, now)]
    places = [one["places"]["countries"] for one in (was, now)]
    rest = all(was.get(name) == now.get(name) for name in ("outcomes", "budget"))
    return rest and dates[0] == dates[1] and places[0] == places[1]


@transaction.atomic
def adopt_revision(
    *, document: ProjectDocument, by: User, version: int | None = None
) -> ProjectDocument:
    """Let a minor revision count: a manager of the office who did not write it.

    Raises `not_allowed`, `own_document`, `not_minor`, `not_writable`, `version_conflict` and the
    problems of `completeness`.
    """
    from projects.documents.sections import completeness

    held = _held(document)
    if not can_manage(by, held.project):
        raise NotAllowed(_("Only a manager of the project's office may adopt a revision."))
    if held.status != DocumentStatus.DRAFT or held.appraisals.decided().exists():
        raise DomainError(_("This version was submitted or decided on."), "not_writable")
    check_version(version, held.version)
    if not is_minor(held):
        raise DomainError(
            _("It changes outcomes, budget, countries or dates: submit it for appraisal."),
            "not_minor",
        )
    if held.authors.filter(pk=by.pk).exists():
        raise NotAllowed(_("Somebody who did not write it adopts a revision."), "own_document")
    if problems := completeness(held.project, held.content):
        raise InvalidInput(problems)
    was = held.status
    take_effect(held, by)
    record_activity(
        by=by,
        verb=f"decided: {Decision.APPROVED}",
        targets=[held],
        changes={"status": [was, held.status]},
    )
    return held
