"""What can be done with a project as a whole: begin, revise, suspend, take up again, close."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from habitat_tracker.paging import page_of
from habitat_tracker.web import allow, person, plan_or_404, visible_or_404
from projects import actions
from projects.choices import ProjectKind, ProjectStatus
from projects.documents.reading import lacking
from projects.filters import LessonFilter
from projects.forms import CloseForm
from projects.models import Appraisal, FinalReport, Lesson, Project
from projects.permissions import can_manage, can_propose

BEGUN = (ProjectStatus.ACTIVE, ProjectStatus.SUSPENDED)


def _found(request: HttpRequest, plan: str, code: str) -> tuple[Any, Project]:
    its_plan = plan_or_404(request, plan)
    rows = Project.objects.select_related("plan", "office", "flagship", "taken_over_by").filter(
        kind=ProjectKind.PROJECT
    )
    return its_plan, visible_or_404(rows, request.user, plan=its_plan, code=code)


@require_http_methods(["GET", "HEAD", "POST"])
def life(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """A project's way from proposal to closure, and the next steps of who looks at it."""
    its_plan, shown = _found(request, plan, code)
    said: list[str] = []
    status, asked = 200, request.POST.get("act", "")
    if request.method == "POST":
        try:
            return _act(request, shown, asked)
        except NotAllowed:
            raise
        except InvalidInput as error:
            said, status = [lacking(one) for one in error.problems], error.status
        except DomainError as error:
            said, status = [error.message], error.status
        its_plan, shown = _found(request, plan, code)
    user = person(request)
    may_manage, may_propose = can_manage(user, shown), can_propose(user, shown)
    is_open = shown.documents.open().exists()
    conditions = actions.open_conditions(shown)
    first = [one for one in conditions if one.before_start]
    to_begin = shown.status == ProjectStatus.APPROVED
    steps = {
        "start": to_begin and may_manage and not first,
        "revise": shown.status in (ProjectStatus.APPROVED, *BEGUN) and may_propose and not is_open,
        "suspend": shown.status == ProjectStatus.ACTIVE and may_manage,
        "resume": shown.status == ProjectStatus.SUSPENDED and may_manage,
        "close": shown.status in BEGUN and may_manage and not is_open,
    }
    context = {
        "plan": its_plan,
        "project": shown,
        "documents": shown.documents.order_by("number"),
        "appraisals": Appraisal.objects.filter(document__project=shown)
        .select_related("document", "delegation", "meeting", "decided_by")
        .order_by("submitted_at", "pk"),
        "conditions": conditions,
        "first": first if to_begin else [],
        "report": FinalReport.objects.filter(project=shown).first(),
        "lessons": shown.lessons.select_related("outcome", "country"),
        "steps": steps,
        "has_steps": any(steps.values()),
        "said": said,
        "is_outdated": asked == "start" and status == InvalidInput.status,
        "asked": asked,
        "reason": request.POST.get("reason", ""),
        # What was typed for a step that cannot be taken any more.
        "unasked": "" if steps.get(asked) else request.POST.get("reason", ""),
    }
    return render(request, "projects/life.html", context, status=status)


def _act(request: HttpRequest, shown: Project, act: str) -> HttpResponse:
    user, reason = person(request), request.POST.get("reason", "")
    if act == "revise":
        document = actions.begin_revision(project=shown, by=user, reason=reason)
        return redirect(
            "projects:document", plan=shown.plan.code, code=shown.code, number=document.number
        )
    if act == "start":
        actions.start_project(project=shown, by=user)
        told = _("%(project)s has begun; what it reports is set.")
    elif act == "suspend":
        actions.suspend_project(project=shown, by=user, reason=reason)
        told = _("%(project)s is suspended.")
    elif act == "resume":
        actions.resume_project(project=shown, by=user, reason=reason)
        told = _("%(project)s goes on.")
    else:
        raise Http404
    messages.success(request, told % {"project": shown.title})
    return redirect("projects:life", plan=shown.plan.code, code=shown.code)


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """Close a project with its final report and lessons."""
    its_plan, shown = _found(request, plan, code)
    user = person(request)
    allow(can_manage(user, shown), _("Only a manager of the project's office may do this."))
    conditions = actions.open_conditions(shown)
    form = CloseForm(
        request.POST if request.method == "POST" else None, project=shown, conditions=conditions
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                actions.close_project(
                    project=shown, by=user, lessons=form.given(), **form.cleaned_data
                )
            except NotAllowed:
                raise
            except InvalidInput as error:
                for one in error.problems:
                    form.say(one)
            except DomainError as error:
                form.add_error(None, str(error.message))
                status = error.status
            else:
                messages.success(request, _("%(project)s is closed.") % {"project": shown.title})
                return redirect("projects:life", plan=its_plan.code, code=shown.code)
    context = {"plan": its_plan, "project": shown, "form": form, "conditions": conditions}
    return render(request, "projects/close.html", context, status=status)


@require_safe
def lessons(request: HttpRequest, plan: str) -> HttpResponse:
    """What closed projects teach, searched and filtered, the newest first."""
    found = plan_or_404(request, plan)
    rows = (
        Lesson.objects.visible_to(person(request))
        .filter(project__plan=found)
        .select_related("project__office", "outcome", "country")
        .order_by("-entered_at", "-pk")
    )
    filtered = LessonFilter(request.GET, rows, request=request)
    project = filtered.form.fields["project"]
    project.widget = project.hidden_widget()
    valid = filtered.is_valid()
    context = {
        "plan": found,
        "filter": filtered,
        "page": page_of(filtered.qs if valid else rows.none(), request),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
    }
    return render(request, "projects/lessons.html", context, status=200 if valid else 400)
