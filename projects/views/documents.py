"""The project document: proposed, written section by section, submitted, compared."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, Office
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem
from habitat_tracker.web import (
    add_problems,
    allow,
    person,
    plan_or_404,
    visible_or_404,
    whole_number,
)
from projects import actions
from projects.choices import WRITABLE, DocumentKind, DocumentStatus, Section
from projects.documents.reading import (
    Difference,
    Words,
    compare_lines,
    earlier_version,
    lines_that_end,
)
from projects.documents.sections import Desk, amounts, completeness
from projects.forms import FORMS, ProposeForm
from projects.models import ProjectDocument
from projects.permissions import can_manage, can_propose

READ_AND_SEND = ["GET", "HEAD", "POST"]


@require_http_methods(READ_AND_SEND)
def propose(request: HttpRequest, plan: str) -> HttpResponse:
    """Begin the proposal of a project."""
    found = plan_or_404(request, plan)
    user = person(request)
    offices = list(Office.objects.of(user, Role.REPORTER, Role.MANAGER))
    allow(bool(offices), _("Only a reporter or manager of the office may propose a project."))
    form = ProposeForm(request.POST or None, offices=offices)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            said = form.cleaned_data
            try:
                document = actions.propose_project(
                    plan=found,
                    code=said["code"].strip(),
                    title={_language(): said["title"].strip()},
                    office=said["office"],
                    by=user,
                )
            except InvalidInput as error:
                add_problems(form, error)
            else:
                return _to(document)
    context = {"plan": found, "form": form}
    return render(request, "projects/propose.html", context, status=status)


def _language() -> str:
    return (get_language() or "en").split("-")[0]


def _found(request: HttpRequest, plan: str, code: str, number: int) -> tuple[Any, ProjectDocument]:
    its_plan = plan_or_404(request, plan)
    rows = ProjectDocument.objects.select_related(
        "project__plan", "project__office", "project__flagship"
    )
    return its_plan, visible_or_404(
        rows, request.user, project__plan=its_plan, project__code=code, number=number
    )


def _to(document: ProjectDocument) -> HttpResponse:
    project = document.project
    return redirect(
        "projects:document", plan=project.plan.code, code=project.code, number=document.number
    )


@require_http_methods(READ_AND_SEND)
def document(request: HttpRequest, plan: str, code: str, number: int) -> HttpResponse:
    """A version of the project document: what it says, what is missing, what can be done."""
    its_plan, shown = _found(request, plan, code, number)
    problems: list[Problem] = []
    said, status = "", 200
    if request.method == "POST":
        try:
            told = _act(request, shown)
        except NotAllowed:
            raise
        except InvalidInput as error:
            problems, status = error.problems, error.status
            named = {section.value for section in Section}
            outside = [one for one in problems if one.field.partition(".")[0] not in named]
            said = " ".join(one.message for one in outside)
        except DomainError as error:
            said, status = error.message, error.status
        else:
            messages.success(request, told)
            return _to(shown)
        its_plan, shown = _found(request, plan, code, number)
    user = person(request)
    desk = Desk(shown.project)
    may_write = shown.status in WRITABLE and can_propose(user, shown.project)
    if may_write:
        problems = completeness(shown.project, shown.content)
    read = Words(desk).read(shown.content)
    missing: dict[str, list[str]] = {}
    for one in problems:
        missing.setdefault(one.field.partition(".")[0], []).append(one.message)
    total, earmarked = amounts(shown.content)
    appraisals = (
        shown.appraisals.select_related("decided_by", "meeting", "delegation")
        .prefetch_related("conditions")
        .order_by("-round")
    )
    context = {
        "plan": its_plan,
        "shown": shown,
        "project": shown.project,
        "sections": [
            (section, read[section], missing.get(section.value, [])) for section in Section
        ],
        "missing": len(problems),
        "said": said,
        "usd": total,
        "earmarked": earmarked,
        "may_write": may_write,
        "may_recall": shown.status == DocumentStatus.SUBMITTED and can_propose(user, shown.project),
        "may_adopt": shown.status in WRITABLE
        and actions.is_minor(shown)
        and can_manage(user, shown.project),
        "ending": lines_that_end(shown),
        "is_proposal": shown.kind == DocumentKind.PROPOSAL,
        "others": shown.project.documents.exclude(pk=shown.pk).order_by("number"),
        "appraisals": appraisals,
        "deciders": actions.who_decides(appraisals[0]) if appraisals else [],
        "history": ActivityEntry.objects.about(shown).select_related("actor")[:10],
    }
    return render(request, "projects/document.html", context, status=status)


def _act(request: HttpRequest, shown: ProjectDocument) -> str:
    """What was asked for, done; what was done in words."""
    user, act = person(request), request.POST.get("act", "")
    version = whole_number(request.POST.get("version", ""), None)
    reason = request.POST.get("reason", "")
    if act == "submit":
        actions.submit_document(document=shown, by=user, version=version)
        return _("%(document)s was submitted for appraisal.") % {"document": shown}
    if act == "recall":
        actions.recall_document(document=shown, by=user, reason=reason)
        return _("%(document)s was taken back; it can be changed again.") % {"document": shown}
    if act == "withdraw":
        actions.withdraw_document(document=shown, by=user, reason=reason)
        return _("%(document)s was given up.") % {"document": shown}
    if act == "adopt":
        actions.adopt_revision(document=shown, by=user, version=version)
        return _("%(document)s counts from now on.") % {"document": shown}
    raise Http404


@require_http_methods(READ_AND_SEND)
def section(request: HttpRequest, plan: str, code: str, number: int, section: str) -> HttpResponse:
    """Write a section of a draft; the whole of it is saved or nothing."""
    its_plan, shown = _found(request, plan, code, number)
    user = person(request)
    if section not in Section.values:
        raise Http404
    allow(
        can_propose(user, shown.project),
        _("Only a reporter or manager of the project's office may write its document."),
    )
    if shown.status not in WRITABLE:
        return _to(shown)
    form = FORMS[Section(section)](
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        desk=Desk(shown.project),
        content=shown.content,
        language=_language(),
    )
    problems: list[str] = []
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            seen = whole_number(request.POST.get("version", ""), None)
            try:
                actions.save_section(
                    document=shown, section=section, given=form.given(), by=user, version=seen
                )
            except NotAllowed:
                raise
            except InvalidInput as error:
                for one in error.problems:
                    form.say(one)
            except DomainError as error:
                problems, status = [error.message], error.status
            else:
                messages.success(request, _("%(section)s: saved.") % {"section": _name(section)})
                return _after(request, shown, section)
    context = {
        "plan": its_plan,
        "shown": shown,
        "project": shown.project,
        "section": section,
        "heading": _name(section),
        "form": form,
        "problems": problems,
        "following": _following(section),
    }
    return render(request, "projects/document_section.html", context, status=status)


def _name(section: str) -> str:
    return str(Section(section).label)


def _following(section: str) -> str:
    """The section after this one; empty after the last."""
    names = list(Section.values)
    place = names.index(section) + 1
    return names[place] if place < len(names) else ""


def _after(request: HttpRequest, shown: ProjectDocument, section: str) -> HttpResponse:
    """Where one goes on: at the next section, at more rows of this one, or at the whole."""
    project = shown.project
    where = {"next": _following(section), "more": section}.get(request.POST.get("then", ""), "")
    if not where:
        return _to(shown)
    return redirect(
        "projects:document_section",
        plan=project.plan.code,
        code=project.code,
        number=shown.number,
        section=where,
    )


@require_safe
def differences(request: HttpRequest, plan: str, code: str, number: int) -> HttpResponse:
    """Two versions side by side: a revision and the record it was begun from, or two rounds."""
    its_plan, shown = _found(request, plan, code, number)
    rounds = list(shown.appraisals.order_by("round"))
    before, chosen = earlier_version(shown, request.GET.get("round", ""))
    left = _("The record when the revision was begun")
    if chosen is not None:
        left = _("Submitted, round %(round)s") % {"round": chosen.round}
    compared: dict[str, list[Difference]] = {
        str(section.label): rows
        for section, rows in Words(Desk(shown.project)).compare(before, shown.content).items()
    }
    if chosen is None:  # what becomes of the record, not how two rounds differ
        compared[_("Reporting lines")] = compare_lines(shown)
    wants_all = request.GET.get("all") == "1"
    context = {
        "plan": its_plan,
        "shown": shown,
        "project": shown.project,
        "left": left,
        "rounds": rounds,
        "chosen": chosen,
        "wants_all": wants_all,
        "sections": [
            (heading, [one for one in rows if one.is_change or wants_all])
            for heading, rows in compared.items()
        ],
        "changes": sum(one.is_change for rows in compared.values() for one in rows),
    }
    return render(request, "projects/document_differences.html", context)
